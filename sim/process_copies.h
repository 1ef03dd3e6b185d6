#pragma once

// ProcessCopies: copies of the whole program, each of which does one thing and brings back bytes: so whatever a guest's
// code does to the process that it is in, it is not this one that crashes. How a copy is made is somebody else's: the
// simulator makes no system calls.

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "core/base/bytes.h"

namespace holdfast::sim {

// How far some work has come, as a number of its own. It is also a sign of life.
using Reached = std::function<void(uint64_t)>;

// One that is at work. It is no more when this is destroyed.
class ProcessCopy {
 public:
  struct Lost {
    std::string how;       // In words that follow "the copy": it crashed, or it hangs.
    uint64_t reached = 0;  // What it said last, if it said anything.
  };

  virtual ~ProcessCopy() = default;
  // Waits for what its work has returned; once. Or how it ended without.
  virtual std::expected<Bytes, Lost> Result() = 0;
};

class ProcessCopies {
 public:
  virtual ~ProcessCopies() = default;
  // Begins `work` in a copy that has all that this process has. Or why the system makes none. Not while the process has
  // another thread.
  virtual std::expected<std::unique_ptr<ProcessCopy>, std::string> Begin(
      const std::function<Bytes(const Reached&)>& work) = 0;
};

}  // namespace holdfast::sim
