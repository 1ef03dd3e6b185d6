#pragma once

// SocketStream: a connected socket of the system, TCP or UNIX, as a Stream. Over TCP small pieces are sent at once, and
// Reset is an RST; a UNIX socket can only be closed, which its peer takes for an end, or for a break if it has not been
// read empty.

#include "net/stream.h"

namespace holdfast::net {

class SocketStream final : public Stream {
 public:
  SocketStream(Loop& loop, Descriptor socket);  // Connected, of stream type.

  Moved Read(MutableByteSpan into) override;
  Moved Write(ByteSpan bytes) override;
  void WhenReadable(Then then) override { watch_.WhenReadable(std::move(then)); }
  void WhenWritable(Then then) override { watch_.WhenWritable(std::move(then)); }
  void Finish() override;
  void Reset() override;

 private:
  Watch watch_;
};

}  // namespace holdfast::net
