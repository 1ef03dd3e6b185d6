#pragma once

// Files: read as a whole, and written as a whole.

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "tools/outcome.h"

namespace holdfast::tools {

inline constexpr size_t kDataBytesMax = 1 << 30;   // Of a file that is carried.
inline constexpr size_t kPlanBytesMax = 16 << 20;  // Of a plan.

// All of the file; "-" is the standard input. A complaint if it cannot be read, or has more than `bytes_max` bytes.
Parsed<Bytes> ReadFile(const std::string& path, size_t bytes_max);

// Each of them, in order.
Parsed<std::vector<Bytes>> ReadFiles(const std::vector<std::string>& paths, size_t bytes_max);

// A file that is opened early, so that a path that cannot be written is told before the work and not after it. What it
// held before is gone from then on, so nobody takes an old report for a new one. "-" is the standard output.
class OutputFile {
 public:
  static Parsed<OutputFile> Open(const std::string& path);

  // Writes all of it and closes the file: once.
  Parsed<void> Write(std::string_view text);

  bool is_standard_output() const { return is_standard_output_; }

 private:
  struct Closer {
    void operator()(FILE* file) const { std::fclose(file); }
  };
  std::string path_;
  bool is_standard_output_ = false;
  std::unique_ptr<FILE, Closer> file_;  // Not of the standard output.
};

// To a stream that stays open, all of it at once and flushed.
Parsed<void> WriteTo(FILE* stream, std::string_view text);

}  // namespace holdfast::tools
