#include "core/relay/shadowsocks_2022_udp.h"

#include <algorithm>
#include <utility>

#include "core/relay/shadowsocks_2022.h"
#include "core/wire/fields.h"

namespace holdfast {
namespace {

constexpr uint64_t kMillisecondsPerSecond = 1000;
constexpr size_t kPaddingLengthBytes = 2;

CipherBlock BlockOf(const ShadowPacketHead& header) {
  CipherBlock block;
  Writer writer(block);
  Write(writer, header);
  return block;
}

// The last 12 bytes of the separate header.
Nonce NonceOf(const CipherBlock& block) {
  Nonce nonce;
  std::copy_n(block.begin() + 4, nonce.size(), nonce.begin());
  return nonce;
}

struct Packet {
  CipherBlock block;
  ShadowPacketHead header;
  ByteSpan body;
};

Result<Packet> ReadPacket(const ShadowKey& key, ByteSpan bytes) {
  if (bytes.size() < kCipherBlockBytes + kTagBytes) return std::unexpected(Error::kTruncated);
  CipherBlock encrypted;
  std::copy_n(bytes.begin(), encrypted.size(), encrypted.begin());
  Packet packet = {.block = DecryptBlock(key.key(), encrypted), .header = {}, .body = bytes.subspan(encrypted.size())};
  Reader reader(packet.block);
  Read(reader, packet.header);
  return packet;
}

// The body of a packet, whose own type and `answered` must be as said.
Result<ShadowDatagram> OpenBody(const Packet& packet, NonceAead& aead, const std::optional<WallTime>& wall,
                                const std::optional<ShadowSessionId>& answered) {
  Bytes plaintext(packet.body.size() - kTagBytes);
  HOLDFAST_TRY(aead.Open(NonceOf(packet.block), packet.body, plaintext));
  Reader reader(plaintext);
  ShadowStamp head;
  Read(reader, head);
  ShadowSessionId said = {};
  if (answered) ReadField(reader, said);
  reader.Take(static_cast<size_t>(reader.TakeInteger(kPaddingLengthBytes)));
  ShadowDatagram datagram = {.target = ReadTarget(reader), .payload = ToBytes(reader.TakeRest())};
  if (!reader.ok()) return std::unexpected(reader.error());
  const ShadowType wanted = answered ? ShadowType::kResponse : ShadowType::kRequest;
  if (head.type != wanted) return std::unexpected(Error::kUnknownValue);
  HOLDFAST_TRY(CheckShadowStamp(wall, head.unix_s));
  if (answered && said != *answered) return std::unexpected(Error::kUnknownLocator);
  return datagram;
}

}  // namespace

// --- Sealing -----------------------------------------------------------------------------------------------------

ShadowPacketSealer::ShadowPacketSealer(const ShadowKey& key, Entropy& entropy,
                                       const std::optional<ShadowSessionId>& not_this)
    : id_([&] {
        ShadowSessionId id;
        do {
          entropy.Fill(id);
        } while (id == not_this);
        return id;
      }()),
      aead_(key.CipherOf(id_)) {}

Result<Bytes> ShadowPacketSealer::Seal(const std::optional<WallTime>& wall, const ShadowKey& key,
                                       const std::optional<ShadowSessionId>& answered, const Target& target,
                                       ByteSpan payload) {
  if (!wall) return std::unexpected(Error::kClockSkew);
  const ShadowStamp head = {answered ? ShadowType::kResponse : ShadowType::kRequest,
                            wall->unix_ms / kMillisecondsPerSecond};
  Bytes body = Encode(head);
  if (answered) Append(body, *answered);
  body.resize(body.size() + kPaddingLengthBytes);  // No padding.
  Append(body, EncodeTarget(target));
  Append(body, payload);
  const CipherBlock block = BlockOf({id_, next_packet_++});
  Bytes packet = ToBytes(EncryptBlock(key.key(), block));
  packet.resize(block.size() + body.size() + kTagBytes);
  aead_.Seal(NonceOf(block), body, MutableByteSpan(packet).subspan(block.size()));
  return packet;
}

ShadowPacketSealer ShadowPacketSealer::ForkForSimulation(const ForkKey& key) const {
  ShadowPacketSealer fork(id_, aead_.ForkForSimulation(key));
  fork.next_packet_ = next_packet_;
  return fork;
}

void ShadowPacketSealer::DigestInto(Digest& digest) const { digest.Add(id_).Add(next_packet_); }

// --- Server ------------------------------------------------------------------------------------------------------

Result<ShadowUdpServer::Received> ShadowUdpServer::Open(Time now, const std::optional<WallTime>& wall,
                                                        const Target& from, ByteSpan bytes) {
  const Result<Packet> packet = ReadPacket(key_, bytes);
  if (!packet) return std::unexpected(packet.error());
  const ShadowSessionId& id = packet->header.session;
  const auto found = sessions_.find(id);
  if (found != sessions_.end()) {
    Session& session = found->second;
    if (!session.window.IsNew(packet->header.packet)) return std::unexpected(Error::kReplayed);
    Result<ShadowDatagram> datagram = OpenBody(*packet, session.aead, wall, std::nullopt);
    if (!datagram) return std::unexpected(datagram.error());
    session.window.Take(packet->header.packet);
    session.address = from;
    Touch(id, session, now);
    return Received{id, false, std::move(*datagram)};
  }
  NonceAead aead = key_.CipherOf(id);
  Result<ShadowDatagram> datagram = OpenBody(*packet, aead, wall, std::nullopt);
  if (!datagram) return std::unexpected(datagram.error());
  if (sessions_.size() >= sessions_max_) return std::unexpected(Error::kTableFull);
  Session session = {std::move(aead), {}, from, now, ++tickets_, std::nullopt};
  session.window.Take(packet->header.packet);
  order_.emplace(session.ticket, id);
  sessions_.emplace(id, std::move(session));
  return Received{id, true, std::move(*datagram)};
}

void ShadowUdpServer::Touch(const ShadowSessionId& id, Session& session, Time now) {
  order_.erase(session.ticket);
  session.heard = now;
  session.ticket = ++tickets_;
  order_.emplace(session.ticket, id);
}

Result<Bytes> ShadowUdpServer::Seal(const std::optional<WallTime>& wall, const ShadowSessionId& session,
                                    const Target& source, ByteSpan payload, Entropy& entropy) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return std::unexpected(Error::kUnknownLocator);
  if (!found->second.sealer) found->second.sealer.emplace(key_, entropy, session);
  return found->second.sealer->Seal(wall, key_, session, source, payload);
}

const Target* ShadowUdpServer::AddressOf(const ShadowSessionId& session) const {
  const auto found = sessions_.find(session);
  return found == sessions_.end() ? nullptr : &found->second.address;
}

std::optional<ShadowSessionId> ShadowUdpServer::TakeExpired(Time now) {
  if (order_.empty()) return std::nullopt;
  const ShadowSessionId id = order_.begin()->second;
  const auto found = sessions_.find(id);
  if (now <= After(found->second.heard, session_time_)) return std::nullopt;
  order_.erase(order_.begin());
  sessions_.erase(found);
  return id;
}

ShadowUdpServer ShadowUdpServer::ForkForSimulation(const ForkKey& key) const {
  ShadowUdpServer fork(key_, sessions_max_, session_time_);
  fork.tickets_ = tickets_;
  fork.order_ = order_;
  for (const auto& [id, session] : sessions_) {
    Session copy = {session.aead.ForkForSimulation(key),
                    session.window,
                    session.address,
                    session.heard,
                    session.ticket,
                    std::nullopt};
    if (session.sealer) copy.sealer.emplace(session.sealer->ForkForSimulation(key));
    fork.sessions_.emplace(id, std::move(copy));
  }
  return fork;
}

void ShadowUdpServer::DigestInto(Digest& digest) const {
  digest.Add(sessions_.size());
  for (const auto& [ticket, id] : order_) {
    const Session& session = sessions_.at(id);
    digest.Add(id).Add(session.heard);
    session.window.DigestInto(digest);
    session.address.DigestInto(digest);
    if (session.sealer) session.sealer->DigestInto(digest);
  }
}

// --- Client ------------------------------------------------------------------------------------------------------

ShadowUdpClient::ShadowUdpClient(ShadowKey key, Entropy& entropy)
    : key_(std::move(key)), sealer_(key_, entropy, std::nullopt) {}

Result<Bytes> ShadowUdpClient::Seal(const std::optional<WallTime>& wall, const Target& target, ByteSpan payload) {
  return sealer_.Seal(wall, key_, std::nullopt, target, payload);
}

Result<ShadowDatagram> ShadowUdpClient::Open(Time now, const std::optional<WallTime>& wall, ByteSpan bytes) {
  const Result<Packet> packet = ReadPacket(key_, bytes);
  if (!packet) return std::unexpected(packet.error());
  for (std::optional<Heard>* heard : {&current_, &older_}) {
    if (!*heard || (*heard)->id != packet->header.session) continue;
    if (!(*heard)->window.IsNew(packet->header.packet)) return std::unexpected(Error::kReplayed);
    Result<ShadowDatagram> datagram = OpenBody(*packet, (*heard)->aead, wall, id());
    if (!datagram) return std::unexpected(datagram.error());
    (*heard)->window.Take(packet->header.packet);
    (*heard)->heard = now;
    return datagram;
  }
  NonceAead aead = key_.CipherOf(packet->header.session);
  Result<ShadowDatagram> datagram = OpenBody(*packet, aead, wall, id());
  if (!datagram) return std::unexpected(datagram.error());
  if (older_ && now <= After(older_->heard, limits::kUdpSessionTime)) return std::unexpected(Error::kTableFull);
  if (current_) older_ = std::move(current_);
  current_.emplace(Heard{packet->header.session, std::move(aead), {}, now});
  current_->window.Take(packet->header.packet);
  return datagram;
}

ShadowUdpClient ShadowUdpClient::ForkForSimulation(const ForkKey& key) const {
  ShadowUdpClient fork(key_, sealer_.ForkForSimulation(key));
  const auto copy = [&key](const std::optional<Heard>& heard) -> std::optional<Heard> {
    if (!heard) return std::nullopt;
    return Heard{heard->id, heard->aead.ForkForSimulation(key), heard->window, heard->heard};
  };
  fork.current_ = copy(current_);
  fork.older_ = copy(older_);
  return fork;
}

void ShadowUdpClient::DigestInto(Digest& digest) const {
  sealer_.DigestInto(digest);
  for (const std::optional<Heard>* heard : {&current_, &older_}) {
    digest.Add(heard->has_value());
    if (!*heard) continue;
    digest.Add((*heard)->id).Add((*heard)->heard);
    (*heard)->window.DigestInto(digest);
  }
}

}  // namespace holdfast
