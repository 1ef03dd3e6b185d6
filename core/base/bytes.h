#pragma once

// Bytes: the two shapes in which byte strings travel through core. A view never owns: each function that returns one
// says how long it lives.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

using Bytes = std::vector<uint8_t>;
using ByteSpan = std::span<const uint8_t>;
using MutableByteSpan = std::span<uint8_t>;

inline ByteSpan AsBytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

inline Bytes ToBytes(ByteSpan view) { return Bytes(view.begin(), view.end()); }

inline void Append(Bytes& to, ByteSpan from) { to.insert(to.end(), from.begin(), from.end()); }

// Lowercase, two digits a byte.
std::string ToHex(ByteSpan bytes);

}  // namespace holdfast
