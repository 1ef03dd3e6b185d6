#pragma once

// Shadowsocks 2022 (SIP022) over UDP, with AES: sessions of datagrams, each with an id that is its salt, its packets
// numbered. A server knows its clients by session id and answers to the address that the last valid packet came from: a
// client's network may change. Every packet is taken once: a sliding window, advanced by valid packets alone.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/time.h"
#include "core/crypto/crypto.h"
#include "core/relay/packet_window.h"
#include "core/relay/shadowsocks_aead.h"
#include "core/relay/shadowsocks_key.h"
#include "core/relay/target.h"
#include "core/wire/fields.h"

namespace holdfast {

using ShadowSessionId = std::array<uint8_t, 8>;

// What a packet begins with: one block of AES under the shared key.
struct ShadowPacketHead {
  ShadowSessionId session = {};
  uint64_t packet = 0;
  WIRE_FIELDS(session, packet)
};
static_assert(EncodedSize(ShadowPacketHead{}) == kCipherBlockBytes);

// What one end says in one session: the id is drawn, packets are numbered from 0.
class ShadowPacketSealer {
 public:
  // `not_this`: an id that must not be drawn, if any.
  ShadowPacketSealer(const ShadowKey& key, Entropy& entropy, const std::optional<ShadowSessionId>& not_this);

  const ShadowSessionId& id() const { return id_; }
  // `answered`: the client's session, in a server's packet. kClockSkew: nobody knows the time.
  Result<Bytes> Seal(const std::optional<WallTime>& wall, const ShadowKey& key,
                     const std::optional<ShadowSessionId>& answered, const Target& target, ByteSpan payload);

  ShadowPacketSealer ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  ShadowPacketSealer(const ShadowSessionId& id, NonceAead aead) : id_(id), aead_(std::move(aead)) {}

  ShadowSessionId id_;
  uint64_t next_packet_ = 0;
  NonceAead aead_;
};

// All UDP sessions of one server. Bounded: when there are limits::kUdpSessionsMax, a new one is refused.
class ShadowUdpServer {
 public:
  // `session_time`: at least 60 s, or packets of a forgotten session could be replayed.
  explicit ShadowUdpServer(ShadowKey key, size_t sessions_max = limits::kUdpSessionsMax,
                           Duration session_time = limits::kUdpSessionTime)
      : key_(std::move(key)), sessions_max_(sessions_max), session_time_(session_time) {}

  struct Received {
    ShadowSessionId session;
    bool is_new;  // The first packet of its session.
    ShadowDatagram datagram;
  };
  // `from` is where the packet came from. Any error: nothing has changed, and the packet is to be dropped in silence.
  Result<Received> Open(Time now, const std::optional<WallTime>& wall, const Target& from, ByteSpan packet);

  // A packet for the client of a session, from `source`. Send it to AddressOf(session). kUnknownLocator: forgotten.
  Result<Bytes> Seal(const std::optional<WallTime>& wall, const ShadowSessionId& session, const Target& source,
                     ByteSpan payload, Entropy& entropy);
  // Of the last valid packet; null if the session is forgotten.
  const Target* AddressOf(const ShadowSessionId& session) const;

  // A session from which nothing valid came for its time, if there is one; it is forgotten then.
  std::optional<ShadowSessionId> TakeExpired(Time now);

  size_t size() const { return sessions_.size(); }
  ShadowUdpServer ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  struct Session {
    NonceAead aead;
    PacketWindow window;
    Target address;
    Time heard;
    uint64_t ticket;  // In order_.
    std::optional<ShadowPacketSealer> sealer;
  };

  void Touch(const ShadowSessionId& id, Session& session, Time now);

  ShadowKey key_;
  size_t sessions_max_;
  Duration session_time_;
  uint64_t tickets_ = 0;
  std::map<ShadowSessionId, Session> sessions_;
  std::map<uint64_t, ShadowSessionId> order_;  // By the latest valid packet, the oldest first.
};

// One UDP session of a client. It hears at most two of the server's: the one in use and the one before, so that a
// server may restart; a third is refused until the older has been silent for a minute.
class ShadowUdpClient {
 public:
  ShadowUdpClient(ShadowKey key, Entropy& entropy);

  Result<Bytes> Seal(const std::optional<WallTime>& wall, const Target& target, ByteSpan payload);
  // As the server's Open.
  Result<ShadowDatagram> Open(Time now, const std::optional<WallTime>& wall, ByteSpan packet);

  const ShadowSessionId& id() const { return sealer_.id(); }
  ShadowUdpClient ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  struct Heard {
    ShadowSessionId id;
    NonceAead aead;
    PacketWindow window;
    Time heard;
  };

  ShadowUdpClient(ShadowKey key, ShadowPacketSealer sealer) : key_(std::move(key)), sealer_(std::move(sealer)) {}

  ShadowKey key_;
  ShadowPacketSealer sealer_;
  std::optional<Heard> current_;
  std::optional<Heard> older_;
};

}  // namespace holdfast
