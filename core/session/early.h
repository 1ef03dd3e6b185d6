#pragma once

// Early data (docs/protocol.md 5.6): stream bytes that ride in message 1 of a resume, as DATA frames. The client's
// application says which bytes may; a server takes them by their offsets, so that a repeated message 1 adds nothing.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/crypto/crypto.h"
#include "core/session/streams.h"
#include "core/wire/limits.h"
#include "core/wire/messages.h"

namespace holdfast {

// What message 1 has room for, the heads of frames included. HF-PRE-8.
inline constexpr size_t kEarlyBytesMax =
    limits::kHandshakeMessageBytesMax - kKeyBytes - kTagBytes - EncodedSize(ResumeRequest{});

// Which bytes of a stream may go early: runs in the order of their offsets, merged where they touch. There is room for
// limits::kEarlyRunsMax of them; bytes beyond are not eligible, and travel as all others do.
class EarlyRuns {
 public:
  struct Run {
    uint64_t begin;
    uint64_t end;
  };

  // [begin, end), which lies behind all others.
  void Add(uint64_t begin, uint64_t end);
  void ForgetBefore(uint64_t offset);

  const std::vector<Run>& runs() const { return runs_; }
  size_t allocated() const { return runs_.capacity() * sizeof(Run); }
  void DigestInto(Digest& digest) const;

 private:
  std::vector<Run> runs_;
};

// DATA frames with what of `out` may go early: at most `bytes_max` bytes of the stream, within credit, and nothing
// behind a hole that no server can have filled. They count as sent. May be empty. HF-RES-29.
Bytes TakeEarly(SendStream& out, const EarlyRuns& runs, size_t bytes_max);

// Whether `early` is a sequence of DATA frames and nothing else. HF-RES-28.
Status CheckEarly(ByteSpan early);

// What a stream gains by early data.
struct EarlyGain {
  ReceiveStream in;     // As it is with them.
  uint64_t offset = 0;  // Of the first byte that is new.
  Bytes bytes;
};

// Of early data that were checked: a frame that does not fit `in` adds nothing. HF-RES-31.
EarlyGain GainOf(const ReceiveStream& in, ByteSpan early);

}  // namespace holdfast
