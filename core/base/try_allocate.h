#pragma once

// TryAllocate: memory in sizes that a peer or an application chooses. That there is none is an answer, and costs a
// transport or a shorter Send; small things of fixed size end the program instead (docs/decisions/0006).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace holdfast {

// `size` bytes of unspecified content, or null.
inline std::unique_ptr<uint8_t[]> TryAllocate(size_t size) {
  return std::unique_ptr<uint8_t[]>(new (std::nothrow) uint8_t[size]);
}

}  // namespace holdfast
