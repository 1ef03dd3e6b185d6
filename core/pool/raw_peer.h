#pragma once

// RawClient and RawServer: peers that hold real keys and say whatever a test wants. For what an authentic peer may do
// wrong, which no bytes from the outside can show.

#include <optional>
#include <vector>

#include "core/pool/pair.h"
#include "core/session/handshake.h"
#include "core/session/link.h"
#include "core/session/message_reader.h"
#include "core/wire/frames.h"
#include "core/wire/limits.h"

namespace holdfast {

// What both have: keys once a handshake is done, frames out, frames in.
class RawPeer {
 public:
  Bytes Seal(const std::vector<Frame>& frames) {
    Bytes plaintext;
    for (const Frame& frame : frames) {
      std::visit(
          [&plaintext](const auto& f) {
            const size_t start = plaintext.size();
            plaintext.resize(start + FrameSize(f));
            Writer writer(MutableByteSpan(plaintext).subspan(start));
            WriteFrame(writer, f);
          },
          frame);
    }
    return SealPlaintext(plaintext);
  }

  Bytes SealPlaintext(ByteSpan plaintext) {
    Bytes record(plaintext.size() + kRecordOverheadBytes);
    link->sealer().Seal({&plaintext, 1}, record);
    return record;
  }

  // The frames of the record that comes first in `stream`, which is taken off.
  std::vector<Frame> Open(Bytes& stream) {
    const size_t size = static_cast<size_t>(Reader(stream).TakeInteger(2));
    Bytes plaintext(size - kTagBytes);
    std::vector<Frame> frames;
    if (!link->opener().Open(ByteSpan(stream).subspan(2, size), plaintext)) return frames;
    stream.erase(stream.begin(), stream.begin() + static_cast<ptrdiff_t>(2 + size));
    opened = plaintext;
    Reader reader(opened);
    for (;;) {
      auto frame = NextFrame(reader);
      if (!frame || !*frame) return frames;
      frames.push_back(**frame);
    }
  }

  std::optional<Link> link;
  std::optional<Epoch> epoch;
  Bytes opened;
  StreamEntropy entropy{9, "raw"};

 protected:
  void Finish(NoiseHandshake& noise, uint64_t epoch_number, bool initiator) {
    NoiseSplit split = noise.Split();
    epoch = DeriveEpoch(epoch_number, split);
    link.emplace(Time(1ns), SessionOptions(), limits::kHold, Suite::kChaChaPoly, split, initiator);
  }
};

class RawClient : public RawPeer {
 public:
  Bytes NewSession() {
    const Preamble preamble = PreambleOf(Kind::kNew, PatternId::kNx, Suite::kChaChaPoly);
    noise_.emplace(BeginNew(preamble, true, std::nullopt, std::nullopt));
    return Message1(Encode(preamble), Encode(ClientParameters{{1 << 20}, 3'600'000, 45'000}));
  }

  Bytes Resume(ByteSpan payload) {
    const Preamble preamble = PreambleOf(Kind::kResume, kResumePattern, Suite::kChaChaPoly);
    noise_.emplace(BeginResume(preamble, *epoch, true));
    Bytes start = Encode(preamble);
    Append(start, epoch->locator);
    return Message1(std::move(start), payload);
  }
  Bytes Resume(const ResumeRequest& request) { return Resume(Encode(request)); }

  // Reads message 2 off the front of `stream`; its payload.
  Bytes OnMessage2(Bytes& stream, uint64_t epoch_number) {
    const size_t size = static_cast<size_t>(Reader(stream).TakeInteger(2));
    Bytes payload;
    const Status read = noise_->ReadMessage(ByteSpan(stream).subspan(2, size), payload);
    if (read) Finish(*noise_, epoch_number, true);
    stream.erase(stream.begin(), stream.begin() + static_cast<ptrdiff_t>(2 + size));
    return payload;
  }

 private:
  Bytes Message1(Bytes start, ByteSpan payload) {
    const Status written = WriteFramed(*noise_, entropy, payload, start);
    return written ? start : Bytes();
  }

  std::optional<NoiseHandshake> noise_;
};

class RawServer : public RawPeer {
 public:
  // Answers the message 1 that `stream` holds whole: of a new session, or of a resume of `epoch`.
  Bytes Answer(const Bytes& stream, ByteSpan payload) {
    Reader reader(stream);
    Preamble preamble;
    Read(reader, preamble);
    const bool resume = preamble.kind == static_cast<uint8_t>(Kind::kResume);
    if (resume) reader.Take(kLocatorBytes);
    const ByteSpan message = reader.Take(static_cast<size_t>(reader.TakeInteger(2)));
    NoiseHandshake noise =
        resume ? BeginResume(preamble, *epoch, false) : BeginNew(preamble, false, Pair::ServerKey(), std::nullopt);
    request.clear();
    Bytes out;
    if (!noise.ReadMessage(message, request) || !WriteFramed(noise, entropy, payload, out)) return {};
    Finish(noise, resume ? epoch->number + 1 : 1, false);
    return out;
  }

  Bytes request;  // The payload of the last message 1.
};

}  // namespace holdfast
