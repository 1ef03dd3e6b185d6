#pragma once

// Frames (docs/protocol.md 6): what the plaintext of a record is a sequence of.

#include <optional>
#include <string>
#include <variant>

#include "core/wire/messages.h"

namespace holdfast {

using Frame = std::variant<PaddingFrame, PingFrame, PongFrame, AckFrame, DataFrame, FinFrame, CloseFrame>;

// The next frame of a plaintext, or nothing at its end. After an error the reader is spent. Views in the frame live as
// long as the plaintext. HF-REC-8, HF-FRM-3.
Result<std::optional<Frame>> NextFrame(Reader& reader);

// Type byte and fields.
template <typename F>
constexpr size_t FrameSize(const F& frame) {
  return 1 + EncodedSize(frame);
}

template <typename F>
void WriteFrame(Writer& writer, const F& frame) {
  writer.PutInteger(static_cast<uint64_t>(F::kType), 1);
  Write(writer, frame);
}

// What precedes the bytes in a DATA frame, so that they can be sealed from where they lie.
constexpr size_t kDataHeaderBytesMax = 1 + 8 + 8;
size_t WriteDataHeader(Writer& writer, uint64_t offset, size_t size);

// "ACK{consumed=12 credit_limit=4096 fin_received=no}"
std::string Describe(const Frame& frame);

}  // namespace holdfast
