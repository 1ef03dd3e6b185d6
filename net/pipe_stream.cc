#include "net/pipe_stream.h"

#include <unistd.h>

#include <cerrno>

#include "net/no_sigpipe.h"

namespace holdfast::net {

PipeStream::PipeStream(Loop& loop, Descriptor reads, Descriptor writes)
    : reads_(loop, std::move(reads)), writes_(loop, std::move(writes)) {}

Moved PipeStream::Read(MutableByteSpan into) {
  while (true) {
    const ssize_t size = read(reads_.get(), into.data(), into.size());
    if (size > 0) return {static_cast<size_t>(size), Flow::kGoes};
    if (size == 0) return {0, Flow::kFinished};
    if (errno == EAGAIN) return {0, Flow::kWaits};
    if (errno != EINTR) return {0, Flow::kBroken};
  }
}

Moved PipeStream::Write(ByteSpan bytes) {
  const NoSigpipe no_sigpipe;
  while (true) {
    const ssize_t size = write(writes_.get(), bytes.data(), bytes.size());
    if (size >= 0) {
      const auto taken = static_cast<size_t>(size);
      return {taken, taken == bytes.size() ? Flow::kGoes : Flow::kWaits};
    }
    if (errno == EAGAIN) return {0, Flow::kWaits};
    if (errno != EINTR) return {0, Flow::kBroken};
  }
}

void PipeStream::Reset() {
  reads_.Close();
  writes_.Close();
}

}  // namespace holdfast::net
