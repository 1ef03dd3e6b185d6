#pragma once

// MessageReader: cuts a byte stream into what follows u16 length prefixes: handshake messages first, records later.
// A message that lies whole in the input is handed out where it lies; only one that arrives in parts is copied.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/buffer.h"
#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"

namespace holdfast {

class MessageReader {
 public:
  // The next message, without its prefix, taken from the front of `input`; nothing if it is not complete, and then
  // `input` is empty. kBadLength if the prefix is outside [size_min, size_max] (and not 0, if `or_empty`): the stream
  // is then useless. The view lives until the next call or as long as the input, whichever ends first. The bounds must
  // not change within a message. kMemoryFull if there is no memory for a message in parts.
  Result<std::optional<ByteSpan>> Next(ByteSpan& input, size_t size_min, size_t size_max, bool or_empty = false);

  // Takes the next message as Next does, but keeps it: the Next call after this hands it out, whatever its input. True
  // once it is whole; what follows it stays in `input`.
  Result<bool> Hold(ByteSpan& input, size_t size_min, size_t size_max);

  // The next `size` bytes without a prefix, as above.
  std::optional<ByteSpan> Take(ByteSpan& input, size_t size);

  // Gives back the memory of past messages if none is under way.
  void ReleaseIfEmpty();

  // What has come of a message that is not complete, or that Hold keeps. Live until the next call.
  ByteSpan partial() const { return handed_out_ ? ByteSpan() : partial_.span(); }

  size_t allocated() const { return partial_.capacity(); }
  void DigestInto(Digest& digest) const;

 private:
  // Moves bytes over until partial_ holds `size`; whether it does.
  Result<bool> Gather(ByteSpan& input, size_t size);

  Buffer partial_;
  bool handed_out_ = false;  // partial_ holds the message that was handed out last.
};

}  // namespace holdfast
