#pragma once

// HOLDFAST_CHECK states what must hold unless we ourselves made a mistake. It is on in every build. Bytes from a peer
// can never make one fail: what a peer may get wrong is an Error.

namespace holdfast {

[[noreturn]] void CheckFailed(const char* condition, const char* file, unsigned line, const char* function);

}  // namespace holdfast

#define HOLDFAST_CHECK(condition) \
  ((condition) ? void() : ::holdfast::CheckFailed(#condition, __FILE__, __LINE__, static_cast<const char*>(__func__)))
