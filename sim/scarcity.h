#pragma once

// Scarcity: while one lives, this thread finds no large block of memory where core asks for one that it can do without
// (core/base/try_allocate.h). Of nobody else: another world may run in another thread, and a world's own memory is
// asked for otherwise. Most hosts have plenty all the time: that must cost nothing.

#include <cstddef>
#include <cstdint>

namespace holdfast::sim {

class Scarcity {
 public:
  static constexpr size_t kNone = SIZE_MAX;

  // kNone: memory is as it was before.
  explicit Scarcity(size_t largest) : largest_(largest) {
    if (largest_ != kNone) Begin();
  }
  Scarcity(const Scarcity&) = delete;
  Scarcity& operator=(const Scarcity&) = delete;
  ~Scarcity() {
    if (largest_ != kNone) End();
  }

 private:
  void Begin();
  void End();

  size_t largest_;
  size_t before_ = kNone;
};

}  // namespace holdfast::sim
