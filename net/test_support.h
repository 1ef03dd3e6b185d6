#pragma once

// What tests of net share: a loop that runs until something holds, and how many descriptors are open.

#include <dirent.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>

#include "net/stream.h"

namespace holdfast::net {

// Until `holds`; a test that waits for what never comes fails, after a generous time.
inline void RunUntil(Loop& loop, const std::function<bool()>& holds) {
  const Moment limit = Now() + std::chrono::minutes(2);
  while (!holds()) {
    ASSERT_LT(Now(), limit) << "it never came";
    loop.RunOnce(limit);
  }
}

inline size_t OpenDescriptors() {
  size_t count = 0;
  DIR* folder = opendir("/proc/self/fd");
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

// Reads a stream to its end, and keeps everything.
class Reader {
 public:
  explicit Reader(Stream& stream) : stream_(stream) { Wait(); }
  bool over() const { return flow_ == Flow::kFinished || flow_ == Flow::kBroken; }
  Flow flow() const { return flow_; }
  const std::string& text() const { return text_; }

 private:
  void Wait() {
    stream_.WhenReadable([this] {
      std::array<uint8_t, 65536> piece;
      const Moved moved = stream_.Read(piece);
      text_.append(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(moved.bytes));
      flow_ = moved.flow;
      if (!over()) Wait();
    });
  }

  Stream& stream_;
  Flow flow_ = Flow::kGoes;
  std::string text_;
};

// Writes all of a text, then finishes.
class Writer {
 public:
  Writer(Stream& stream, std::string text, bool finishes = true)
      : stream_(stream), text_(std::move(text)), finishes_(finishes) {
    Wait();
  }
  bool done() const { return written_ == text_.size() || flow_ == Flow::kBroken; }
  Flow flow() const { return flow_; }
  size_t written() const { return written_; }

 private:
  void Wait() {
    stream_.WhenWritable([this] {
      if (written_ < text_.size()) {
        const Moved moved = stream_.Write(AsBytes(text_).subspan(written_));
        written_ += moved.bytes;
        flow_ = moved.flow;
      }
      if (!done()) return Wait();
      if (finishes_ && flow_ != Flow::kBroken) stream_.Finish();
    });
  }

  Stream& stream_;
  std::string text_;
  bool finishes_;
  size_t written_ = 0;
  Flow flow_ = Flow::kGoes;
};

}  // namespace holdfast::net
