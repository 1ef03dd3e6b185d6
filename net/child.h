#pragma once

// Child: a process that answers lines: one line out to it, one line back. It may be written in any language, and do
// anything: hang, die, close its output, say too much. All of that is an error in words, and none of it touches us.

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <string>

#include "net/descriptor.h"
#include "net/process.h"

namespace holdfast::net {

struct ChildOptions {
  std::chrono::nanoseconds patience = std::chrono::seconds(10);  // With one line, by the clock on the wall.
  size_t line_bytes_max = size_t{16} << 20;                      // Of an answer, without its end.
};

// Not thread-safe. A child that is no longer there is no SIGPIPE.
class Child {
 public:
  // Starts `/bin/sh -c command` in a process group of its own, with pipes as standard input and output; the standard
  // error is the caller's. Or says why it could not. May be called from several threads.
  static std::expected<std::unique_ptr<Child>, std::string> Start(const std::string& command,
                                                                  const ChildOptions& options = {});
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();  // Kills the group, and waits for the process.

  // Says `line`, which has no newline, and waits for the next line; both without their ends. Or why there is none, in
  // words that follow "the child". After that it is killed, and the answer to every line is the same.
  std::expected<std::string, std::string> Ask(const std::string& line);

 private:
  using Moment = std::chrono::steady_clock::time_point;

  Child(Process process, Descriptor to, Descriptor from, const ChildOptions& options);

  // Each is nothing if all is well, or what is wrong.
  std::string ReadWhatIsThere(Moment until);
  std::string WriteWhatFits(const std::string& text, size_t& written);
  std::string WaitForMore(bool writes, Moment until);
  std::string Converse(const std::string& text, Moment until);

  // How the process ended if it has by then, or else `otherwise`.
  std::string HowItEnded(Moment until, const std::string& otherwise) const;
  void Stop();

  Process process_;
  Descriptor to_;
  Descriptor from_;
  ChildOptions options_;
  std::string unread_;
  size_t searched_ = 0;  // There is no newline in `unread_` before.
  std::string trouble_;  // Nothing: it is alive.
};

}  // namespace holdfast::net
