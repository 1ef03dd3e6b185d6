#pragma once

// Process: a command that runs in the shell, in a process group of its own, with the standard input and output that it
// is given. It dies with its owner, and so does all that it has started.

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "net/descriptor.h"

namespace holdfast::net {

// How a process ended.
struct ProcessEnd {
  bool by_signal = false;
  int number = 0;  // The status with which it exited, or the signal.
  bool good() const { return !by_signal && number == 0; }
  std::string Text() const;  // "exited with status 3", "was ended by signal 9 (Killed)".
  bool operator==(const ProcessEnd&) const = default;
};

class Process {
 public:
  // Starts `/bin/sh -c command`. It gets copies of these descriptors, which stay the caller's; without an `error`, the
  // caller's standard error. Signals are to it what they are to a program that is started by hand. Or says why it could
  // not. May be called from several threads.
  struct Files {
    int input;
    int output;
    int error = -1;
  };
  static std::expected<Process, std::string> Start(const std::string& command, const Files& files);
  Process(Process&& other) noexcept : id_(std::exchange(other.id_, 0)) {}
  Process& operator=(Process&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Process() { Kill(); }

  // It and its group, at once; and waits for it. Nothing if it was killed before.
  void Kill();

  // Becomes readable when the process has ended. None if the system has no more descriptors.
  Descriptor Watch() const;

  // Nothing: it has not ended, or was killed by Kill. Does not wait.
  std::optional<ProcessEnd> HowItEnded() const;

  // What the processes of the group have in memory at the moment, as the system counts it: resident pages, of which
  // some may be shared. 0 if the system does not say.
  uint64_t ResidentBytes() const;

 private:
  explicit Process(pid_t id) : id_(id) {}

  pid_t id_ = 0;  // Not waited for, so the number is still the process's, and the group's.
};

}  // namespace holdfast::net
