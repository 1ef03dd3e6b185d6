#pragma once

// Stream: bytes both ways, over whatever carries them: a socket, two pipes, a terminal. Nothing is buffered here: who
// reads brings the memory, who writes keeps what was not taken, and who does not read holds up the other side. The two
// directions end one by one. docs/streams.md says what a session asks of one.

#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"
#include "net/loop.h"

namespace holdfast::net {

// How it goes on after a Read or a Write.
enum class Flow : uint8_t {
  kGoes,      // There may be more to read, or more room: at once.
  kWaits,     // Not at once: WhenReadable, or WhenWritable, tells when.
  kFinished,  // Read only: the other side has said its last byte, and this side was given it before.
  kBroken,    // The stream is gone, in both directions, and nobody knows what of the last bytes arrived.
};

struct Moved {
  size_t bytes = 0;  // Read, or taken: from the first of them on.
  Flow flow = Flow::kGoes;
};

// Its end closes it: in order if both directions have ended, and otherwise as the system sees fit.
class Stream {
 public:
  virtual ~Stream() = default;

  // Neither waits. `into` and `bytes` must not be empty. After Finish nothing may be written.
  virtual Moved Read(MutableByteSpan into) = 0;
  virtual Moved Write(ByteSpan bytes) = 0;

  // As in Watch.
  virtual void WhenReadable(Then then) = 0;
  virtual void WhenWritable(Then then) = 0;

  // This side has written its last byte. What was written before still arrives.
  virtual void Finish() = 0;

  // It breaks off: the other side is told as soon as possible, if what carries the bytes can tell it, and bytes under
  // way may be lost. From then on both directions are kBroken, and nobody is called.
  virtual void Reset() = 0;
};

}  // namespace holdfast::net
