#pragma once

// PipeStream: two descriptors of one direction each as a Stream: the pipes to a program, or what stands in their place.
// Pipes know no break: Reset closes both, which a reader takes for an end.

#include "net/stream.h"

namespace holdfast::net {

class PipeStream final : public Stream {
 public:
  // Neither may wait: see SetNonBlocking.
  PipeStream(Loop& loop, Descriptor reads, Descriptor writes);

  Moved Read(MutableByteSpan into) override;
  Moved Write(ByteSpan bytes) override;
  void WhenReadable(Then then) override { reads_.WhenReadable(std::move(then)); }
  void WhenWritable(Then then) override { writes_.WhenWritable(std::move(then)); }
  void Finish() override { writes_.Close(); }
  void Reset() override;

 private:
  Watch reads_;
  Watch writes_;
};

}  // namespace holdfast::net
