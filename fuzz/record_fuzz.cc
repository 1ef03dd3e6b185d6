// The record parser: length prefixes, the cipher around them, frames within. Claims:
//   * the messages cut out of a stream, and the error that ends them, do not depend on how it is split;
//   * what the frame parser accepts is exactly what writing its frames gives back;
//   * a record that was sealed opens to the same bytes, and with one bit changed to none.
//
// Input: one byte that says how the stream is split, then the stream. Each message in it is taken for the plaintext of
// a record, so that the fuzzer gets past the AEAD.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/session/message_reader.h"
#include "core/session/record.h"
#include "core/wire/frames.h"
#include "core/wire/limits.h"

namespace holdfast {
namespace {

struct Parsed {
  std::vector<Bytes> messages;
  std::optional<Error> error;
  bool operator==(const Parsed&) const = default;
};

Parsed Cut(ByteSpan stream, size_t segment) {
  Parsed parsed;
  MessageReader reader;
  while (!stream.empty()) {
    ByteSpan input = stream.first(std::min(segment, stream.size()));
    stream = stream.subspan(input.size());
    for (;;) {
      auto message = reader.Next(input, 0, limits::kRecordPlaintextBytesMax);
      if (!message) {
        parsed.error = message.error();
        return parsed;
      }
      if (!*message) break;
      parsed.messages.push_back(ToBytes(**message));
    }
    HOLDFAST_CHECK(input.empty());
  }
  HOLDFAST_CHECK(reader.allocated() <= 2 * limits::kRecordCiphertextBytesMax + 4);
  return parsed;
}

void CheckFrames(ByteSpan plaintext) {
  Reader reader(plaintext);
  Bytes written;
  for (;;) {
    auto frame = NextFrame(reader);
    if (!frame) return;  // Refused; what was before it was good all the same.
    if (!*frame) break;
    std::visit(
        [&written](const auto& f) {
          const size_t start = written.size();
          written.resize(start + FrameSize(f));
          Writer writer(MutableByteSpan(written).subspan(start));
          WriteFrame(writer, f);
          HOLDFAST_CHECK(writer.remaining() == 0);
        },
        **frame);
    HOLDFAST_CHECK(!Describe(**frame).empty());
  }
  HOLDFAST_CHECK(std::ranges::equal(written, plaintext));
}

void CheckCipher(ByteSpan plaintext, uint8_t salt) {
  const Key key;
  RecordCipher sealer(Suite::kChaChaPoly, key, 2);
  RecordCipher opener(Suite::kChaChaPoly, key, 2);
  Bytes record(plaintext.size() + kRecordOverheadBytes);
  Bytes opened(plaintext.size());
  for (int i = 0; i < 3; ++i) {  // Across a rekey.
    sealer.Seal({&plaintext, 1}, record);
    HOLDFAST_CHECK(opener.Open(ByteSpan(record).subspan(kRecordLengthBytes), opened).has_value());
    HOLDFAST_CHECK(std::ranges::equal(opened, plaintext));
  }
  sealer.Seal({&plaintext, 1}, record);
  const size_t at = kRecordLengthBytes + salt % (record.size() - kRecordLengthBytes);
  record[at] ^= static_cast<uint8_t>(1 << (salt % 8));
  HOLDFAST_CHECK(!opener.Open(ByteSpan(record).subspan(kRecordLengthBytes), opened).has_value());
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  if (size == 0) return 0;
  const ByteSpan stream(data + 1, size - 1);
  const Parsed whole = Cut(stream, SIZE_MAX);
  HOLDFAST_CHECK(Cut(stream, size_t{data[0]} + 1) == whole);
  for (const Bytes& message : whole.messages) CheckFrames(message);
  if (!whole.messages.empty()) CheckCipher(whole.messages.front(), data[0]);
  return 0;
}
