#pragma once

// Shadowsocks 2022 (SIP022) over TCP, with AES-GCM. A request is salt, a fixed header (type, time, length), a variable
// one (target, padding, first payload), then chunks; a response is salt, a header (type, time, the request's salt,
// length), then payload and chunks. So a reader knows which direction it reads, when it was said, and in answer to
// what.
//
// One departure: SIP022 asks for exactly one read for salt and fixed header, so that nobody learns how many bytes a
// server needs by sending them one by one. A network that cuts there would break honest peers. What it is for holds
// here all the same: whatever is wrong, and wherever, nothing outward follows from it (core/relay/relay.h).

#include <cstddef>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/crypto/crypto.h"
#include "core/relay/gather.h"
#include "core/relay/shadow_moment.h"
#include "core/relay/shadowsocks_chunks.h"
#include "core/relay/shadowsocks_key.h"
#include "core/relay/target.h"
#include "core/wire/fields.h"

namespace holdfast {

// Values are on the wire, of streams and of datagrams.
enum class ShadowType : uint8_t { kRequest = 0, kResponse = 1 };
constexpr bool IsKnown(ShadowType type) { return type <= ShadowType::kResponse; }

// Which direction, and when: the beginning of every header.
struct ShadowStamp {
  ShadowType type = ShadowType::kRequest;
  uint64_t unix_s = 0;
  WIRE_FIELDS(type, unix_s)
};

// The fixed header of a request. That of a response is a stamp, the request's salt, and the length of its payload.
struct ShadowRequestHead {
  ShadowStamp stamp;
  uint16_t variable_bytes = 0;  // Of the variable header, without its tag.
  WIRE_FIELDS(stamp, variable_bytes)
};

// kClockSkew if the stamp, in seconds of Unix time, is more than 30 s from `wall`, or nobody knows the time.
Status CheckShadowStamp(const std::optional<WallTime>& wall, uint64_t stamp_s);

// What a client says.
class Request2022Sealer {
 public:
  // Draws the salt, and the size of the padding if there is no payload yet. Appends salt, headers and `payload` to
  // `out`: to be written in one piece. kClockSkew: nobody knows the time.
  static Result<Request2022Sealer> Begin(const ShadowMoment& moment, const ShadowKey& key, const Target& target,
                                         ByteSpan payload, Entropy& entropy, Bytes& out);
  // The most that Begin takes as payload.
  static constexpr size_t kFirstPayloadBytesMax = 32768;

  void Seal(ByteSpan payload, Bytes& out);
  ByteSpan salt() const { return salt_; }

  Request2022Sealer ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  Request2022Sealer(Bytes salt, ChunkSealer chunks) : salt_(std::move(salt)), chunks_(std::move(chunks)) {}

  Bytes salt_;
  ChunkSealer chunks_;
};

// What a server hears. As AeadOpener; also kUnknownValue, kClockSkew, kTruncated: a header is none.
class Request2022Opener {
 public:
  Status Open(const ShadowMoment& moment, const ShadowKey& key, ByteSpan& input, Bytes& plaintext,
              size_t plaintext_max);

  const std::optional<Target>& target() const { return target_; }
  // Of the request, once target() is there.
  ByteSpan salt() const { return salt_; }
  bool may_end() const { return chunks_ ? target_ && chunks_->between_chunks() : head_.size() == 0; }

  size_t allocated() const { return head_.allocated() + (chunks_ ? chunks_->allocated() : 0); }
  Request2022Opener ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  Status OpenFixed(const ShadowMoment& moment, const ShadowKey& key, ByteSpan& input);
  Status ReadVariable(ByteSpan header, Bytes& plaintext);

  Gather head_;  // Salt and fixed header.
  Bytes salt_;
  std::optional<ChunkOpener> chunks_;
  size_t variable_bytes_ = 0;
  std::optional<Target> target_;
};

// What a server says.
class Response2022Sealer {
 public:
  // Draws the salt. `request_salt`: of the request that is answered.
  Response2022Sealer(const ShadowKey& key, ByteSpan request_salt, Entropy& entropy);

  // The header goes with the first payload. kClockSkew: nobody knows the time, and nothing was appended.
  Status Seal(const ShadowMoment& moment, ByteSpan payload, Bytes& out);

  Response2022Sealer ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  Response2022Sealer(Bytes salt, Bytes request_salt, ChunkSealer chunks)
      : salt_(std::move(salt)), request_salt_(std::move(request_salt)), chunks_(std::move(chunks)) {}

  Bytes salt_;  // Until the header is written.
  Bytes request_salt_;
  ChunkSealer chunks_;
};

// What a client hears. As Request2022Opener; `request_salt`: of its own request.
class Response2022Opener {
 public:
  Status Open(const ShadowMoment& moment, const ShadowKey& key, ByteSpan request_salt, ByteSpan& input,
              Bytes& plaintext, size_t plaintext_max);

  bool may_end() const { return chunks_ ? chunks_->between_chunks() : head_.size() == 0; }
  size_t allocated() const { return head_.allocated() + (chunks_ ? chunks_->allocated() : 0); }
  Response2022Opener ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  Gather head_;  // Salt and header.
  std::optional<ChunkOpener> chunks_;
};

}  // namespace holdfast
