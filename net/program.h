#pragma once

// Program: a process whose standard input and output are a Stream: Write goes into its input, Read is its output, and
// Finish closes its input. What it says on its standard error is kept, as far as it is the end of it.

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "net/pipe_stream.h"
#include "net/process.h"

namespace holdfast::net {

// How much of its standard error is kept.
inline constexpr size_t kLastWordsMax = 4096;

class Program {
 public:
  // Starts `/bin/sh -c command`; see Process. `ended` is called once, from the loop, when the process has ended: what
  // it wrote before may still have to be read, and what it has started may still be running. Or says why it could not.
  // The loop must outlive the program.
  static std::expected<std::unique_ptr<Program>, std::string> Start(Loop& loop, const std::string& command, Then ended);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  Stream& stdio() { return stdio_; }
  const std::optional<ProcessEnd>& end() const { return end_; }  // Nothing: it has not ended.
  const std::string& last_words() const { return last_words_; }
  uint64_t ResidentBytes() const { return process_.ResidentBytes(); }

 private:
  Program(Loop& loop, Process process, Descriptor in, Descriptor out, Descriptor err, Then ended);
  void Listen();
  void Ended();

  Process process_;
  PipeStream stdio_;
  Watch error_;
  Watch exit_;
  Then ended_;
  std::optional<ProcessEnd> end_;
  std::string last_words_;
};

}  // namespace holdfast::net
