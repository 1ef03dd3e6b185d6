#include "sim/scarcity.h"

#include <new>
#include <utility>

namespace {

thread_local size_t largest_block = holdfast::sim::Scarcity::kNone;

}  // namespace

// In place of the standard library's, which does the same but for the first line. In every program with a simulator.
void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  if (size > largest_block) return nullptr;
  try {
    return ::operator new[](size);
  } catch (...) {
    return nullptr;
  }
}

namespace holdfast::sim {

void Scarcity::Begin() { before_ = std::exchange(largest_block, largest_); }
void Scarcity::End() { largest_block = before_; }

}  // namespace holdfast::sim
