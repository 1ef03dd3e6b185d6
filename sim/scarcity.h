#pragma once

// Scarcity: while one lives, this thread finds no large block of memory where core asks for one that it can do without
// (core/base/try_allocate.h). Of nobody else: another world may run in another thread, and a world's own memory is
// asked for otherwise.

#include <cstddef>
#include <cstdint>

namespace holdfast::sim {

class Scarcity {
 public:
  static constexpr size_t kNone = SIZE_MAX;

  explicit Scarcity(size_t largest);
  Scarcity(const Scarcity&) = delete;
  Scarcity& operator=(const Scarcity&) = delete;
  ~Scarcity();

 private:
  size_t before_;
};

}  // namespace holdfast::sim
