#pragma once

// SourceKey: where a transport comes from, as far as limits are concerned. The caller derives it from the peer's
// address (an IPv6 peer chooses the lower half of its address freely: leave it out). Zero: unknown, which is a source
// like any other.

#include <cstdint>

namespace holdfast {

enum class SourceKey : uint64_t {};

}  // namespace holdfast
