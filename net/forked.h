#pragma once

// Forked: a copy of this process that does one thing, brings back bytes, and is no more. Whatever else becomes of it, a
// signal, an exit, a loop without end, is an error in words, and none of it touches us.

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/descriptor.h"

namespace holdfast::net {

struct ForkedOptions {
  // With its next sign of life while it is waited for, by the clock on the wall.
  std::chrono::nanoseconds patience = std::chrono::seconds(10);
  size_t bytes_max = size_t{64} << 20;  // That it may bring back.
};

// How a copy ended before it was done.
struct ForkedEnd {
  std::string how;       // In words that follow "the copy".
  uint64_t reached = 0;  // The last number that it told, if it told one.
};

// Not thread-safe, and only for a process that has one thread: in the copy there is nobody else to give a lock back.
class Forked {
 public:
  using Bytes = std::vector<uint8_t>;
  // What the copy does. It may tell how far it has come, which is also a sign of life.
  using Work = std::function<Bytes(const std::function<void(uint64_t)>& reached)>;

  // Begins `work` in a copy, which runs no destructor and no exit handler, and ends with its parent. Its output and its
  // signal handlers are ours. Or says why there is no copy. It may make copies of its own.
  static std::expected<std::unique_ptr<Forked>, std::string> Start(const Work& work, const ForkedOptions& options = {});
  Forked(const Forked&) = delete;
  Forked& operator=(const Forked&) = delete;
  ~Forked();  // Kills it, and waits for that.

  // Waits for what `work` has returned; once. Or how the copy ended without. A copy that tells much, or has returned
  // much, waits for this.
  std::expected<Bytes, ForkedEnd> Result();

 private:
  Forked(pid_t process, Descriptor from, const ForkedOptions& options);

  // Reads until the result is there. False: it will not come, and what is wrong is in `trouble_` unless the copy ended.
  bool ReadAll();
  bool ReadSome();
  // Takes what was told out of what was read. False: it is not what a copy of ours would say.
  bool Understand();
  std::string HowItEnded();

  pid_t process_;
  Descriptor from_;
  ForkedOptions options_;
  Bytes unread_;
  uint64_t reached_ = 0;
  uint64_t size_ = UINT64_MAX;  // Of the result, once it has begun.
  std::string trouble_;
};

}  // namespace holdfast::net
