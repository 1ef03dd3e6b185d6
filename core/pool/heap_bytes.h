#pragma once

// HeapBytes: what malloc has handed out, for tests of what things cost.

#include <malloc.h>

#include <cstddef>

namespace holdfast {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kMallocCounts = false;  // The sanitizer's own allocator tells nothing.
#elif defined(__has_feature)
inline constexpr bool kMallocCounts = !__has_feature(address_sanitizer);
#else
inline constexpr bool kMallocCounts = true;
#endif

// And not had back; its own headers included.
inline size_t HeapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace holdfast
