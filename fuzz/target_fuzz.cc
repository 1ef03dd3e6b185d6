// Targets, and what a relay says inside a session. Claims:
//   * what is read as a target is written as the same bytes, and its size is known before it is whole;
//   * its text holds nothing but what is harmless in a log;
//   * the reading of a stream does not depend on how it is split.
//
// Input: one byte that says how the stream is split, then the stream.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/relay/session_connect.h"
#include "core/relay/target.h"

namespace holdfast {
namespace {

void CheckTarget(ByteSpan stream) {
  Reader reader(stream);
  const Target target = ReadTarget(reader);
  const auto size = TargetSize(stream);
  if (!reader.ok()) return;
  const size_t read = stream.size() - reader.remaining();
  HOLDFAST_CHECK(size && *size == read && read == EncodedSize(target));
  HOLDFAST_CHECK(std::ranges::equal(EncodeTarget(target), stream.first(read)));
  for (size_t prefix = 0; prefix < read; ++prefix) {
    const auto known = TargetSize(stream.first(prefix));
    HOLDFAST_CHECK(known && (!*known || **known == read));
  }
  for (char c : TextOf(target)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    HOLDFAST_CHECK(plain || std::string_view("-._:[]\\").find(c) != std::string_view::npos);
  }
}

template <typename Which>
auto ReadIn(ByteSpan stream, size_t segment, size_t& left) {
  Which which;
  decltype(which.Next(stream)) read;
  bool done = false;
  while (!stream.empty() && !done) {
    ByteSpan input = stream.first(std::min(segment, stream.size()));
    const size_t given = input.size();
    read = which.Next(input);
    done = !read || read->has_value();
    stream = stream.subspan(given - input.size());
    HOLDFAST_CHECK(done || input.empty());
    HOLDFAST_CHECK(which.allocated() <= 4 * limits::kTargetBytesMax);
  }
  left = read ? stream.size() : 0;
  return read;
}

template <typename Which>
void CheckSplits(ByteSpan stream, size_t segment) {
  size_t left = 0;
  size_t left_in_pieces = 0;
  const auto whole = ReadIn<Which>(stream, stream.size(), left);
  HOLDFAST_CHECK(ReadIn<Which>(stream, segment, left_in_pieces) == whole);
  HOLDFAST_CHECK(left == left_in_pieces);
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const size_t segment = size_t{1} + data[0] % 32;
  const holdfast::ByteSpan stream(data + 1, size - 1);
  holdfast::CheckTarget(stream);
  holdfast::CheckSplits<holdfast::TargetReader>(stream, segment);
  holdfast::CheckSplits<holdfast::ConnectReader>(stream, segment);
  return 0;
}
