#include "core/noise/noise.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace holdfast {

std::string NoiseProtocolName(const Pattern& pattern, Suite suite) {
  std::string name;
  name.reserve(64);  // One allocation instead of three: every handshake makes its name.
  name += "Noise_";
  name += pattern.name();
  name += suite == Suite::kChaChaPoly ? "_25519_ChaChaPoly_SHA256" : "_25519_AESGCM_SHA256";
  return name;
}

// Section 5.3 Initialize().
NoiseHandshake::NoiseHandshake(const NoiseConfig& config)
    : pattern_(config.pattern),
      initiator_(config.initiator),
      symmetric_(config.suite, NoiseProtocolName(*config.pattern, config.suite)),
      local_static_(config.local_static) {
  HOLDFAST_CHECK(config.psks.size() == pattern_->psk_count());
  HOLDFAST_CHECK(local_static_ || !pattern_->SendsStatic(initiator_));
  symmetric_.MixHash(config.prologue);
  psks_.reserve(config.psks.size());
  for (const Key& psk : config.psks) psks_.push_back(psk.Clone());
}

bool NoiseHandshake::finished() const { return message_index_ == pattern_->messages().size(); }

bool NoiseHandshake::my_turn() const { return !finished() && initiator_ == (message_index_ % 2 == 0); }

const MessagePattern& NoiseHandshake::NextMessage() const {
  HOLDFAST_CHECK(!finished());
  return pattern_->messages()[message_index_];
}

size_t NoiseHandshake::OverheadOfNext() const {
  size_t bytes = 0;
  bool has_key = symmetric_.HasKey();
  for (Token token : NextMessage()) {
    if (token == Token::kE) bytes += kKeyBytes;
    if (token == Token::kS) bytes += kKeyBytes + (has_key ? kTagBytes : 0);
    if (token != Token::kS && (token != Token::kE || pattern_->psk_count() > 0)) has_key = true;
  }
  return bytes + (has_key ? kTagBytes : 0);
}

Status NoiseHandshake::WriteMessage(Entropy& entropy, ByteSpan payload, Bytes& out) {
  HOLDFAST_CHECK(phase_ == Phase::kRunning && my_turn());
  const size_t size = OverheadOfNext() + payload.size();
  HOLDFAST_CHECK(size <= kNoiseMessageBytesMax);
  const size_t begin = out.size();
  out.reserve(begin + size);
  if (const Status written = WriteTokens(entropy, out); !written) {
    out.resize(begin);
    return Fail(written.error());
  }
  symmetric_.EncryptAndHash(payload, out);
  HOLDFAST_CHECK(out.size() == begin + size);
  ++message_index_;
  return {};
}

Status NoiseHandshake::WriteTokens(Entropy& entropy, Bytes& out) {
  for (Token token : NextMessage()) {
    switch (token) {
      case Token::kE:
        local_ephemeral_ = KeyPair::Generate(entropy);  // HF-KEY-7.
        Append(out, local_ephemeral_->public_key());
        MixEphemeral(local_ephemeral_->public_key());
        break;
      case Token::kS:
        symmetric_.EncryptAndHash(local_static_->public_key(), out);
        break;
      case Token::kPsk:
        MixPsk();
        break;
      case Token::kEe:
      case Token::kEs:
      case Token::kSe:
      case Token::kSs:
        HOLDFAST_TRY(MixDh(token));
        break;
    }
  }
  return {};
}

Status NoiseHandshake::ReadMessage(ByteSpan message, Bytes& payload) {
  HOLDFAST_CHECK(phase_ == Phase::kRunning && !finished() && !my_turn());
  if (message.size() > kNoiseMessageBytesMax) return Fail(Error::kBadLength);
  if (message.size() < OverheadOfNext()) return Fail(Error::kTruncated);  // HF-KEY-3.
  ByteSpan rest = message;
  if (const Status read = ReadTokens(rest); !read) return Fail(read.error());
  if (const Status opened = symmetric_.DecryptAndHash(rest, payload); !opened) return Fail(opened.error());
  ++message_index_;
  return {};
}

Status NoiseHandshake::ReadTokens(ByteSpan& rest) {
  const auto take = [&rest](size_t size) {
    const ByteSpan taken = rest.first(size);  // The message is known to be long enough for its tokens.
    rest = rest.subspan(size);
    return taken;
  };
  for (Token token : NextMessage()) {
    switch (token) {
      case Token::kE:
        std::ranges::copy(take(kKeyBytes), remote_ephemeral_.emplace().begin());
        MixEphemeral(*remote_ephemeral_);
        break;
      case Token::kS: {
        Bytes key;
        HOLDFAST_TRY(symmetric_.DecryptAndHash(take(kKeyBytes + (symmetric_.HasKey() ? kTagBytes : 0)), key));
        std::ranges::copy(key, remote_static_.emplace().begin());
        break;
      }
      case Token::kPsk:
        MixPsk();
        break;
      case Token::kEe:
      case Token::kEs:
      case Token::kSe:
      case Token::kSs:
        HOLDFAST_TRY(MixDh(token));
        break;
    }
  }
  return {};
}

void NoiseHandshake::MixEphemeral(const PublicKey& key) {
  symmetric_.MixHash(key);
  if (pattern_->psk_count() > 0) symmetric_.MixKey(key);
}

void NoiseHandshake::MixPsk() { symmetric_.MixKeyAndHash(psks_[psk_index_++].span()); }

Status NoiseHandshake::MixDh(Token token) {
  // The first letter is the initiator's key.
  const bool initiator_e = token == Token::kEe || token == Token::kEs;
  const bool responder_e = token == Token::kEe || token == Token::kSe;
  const bool local_e = initiator_ ? initiator_e : responder_e;
  const bool remote_e = initiator_ ? responder_e : initiator_e;
  const KeyPair& local = local_e ? *local_ephemeral_ : *local_static_;
  const PublicKey& remote = remote_e ? *remote_ephemeral_ : *remote_static_;
  const Result<Key> shared = local.Agree(remote);
  if (!shared) return std::unexpected(shared.error());
  symmetric_.MixKey(shared->span());
  return {};
}

// HF-KEY-8.
Status NoiseHandshake::Fail(Error error) {
  phase_ = Phase::kFailed;
  return std::unexpected(error);
}

// HF-KEY-9, HF-KEY-11.
NoiseSplit NoiseHandshake::Split() {
  HOLDFAST_CHECK(phase_ == Phase::kRunning && finished());
  phase_ = Phase::kSplit;
  NoiseSplit split;
  symmetric_.Split(split.first, split.second, split.third);
  split.handshake_hash = symmetric_.h();
  local_ephemeral_.reset();
  psks_.clear();
  return split;
}

NoiseHandshake::NoiseHandshake(const NoiseHandshake& other, SymmetricState symmetric)
    : pattern_(other.pattern_),
      initiator_(other.initiator_),
      phase_(other.phase_),
      message_index_(other.message_index_),
      psk_index_(other.psk_index_),
      symmetric_(std::move(symmetric)),
      local_static_(other.local_static_),
      local_ephemeral_(other.local_ephemeral_),
      remote_static_(other.remote_static_),
      remote_ephemeral_(other.remote_ephemeral_) {
  psks_.reserve(other.psks_.size());
  for (const Key& psk : other.psks_) psks_.push_back(psk.Clone());
}

NoiseHandshake NoiseHandshake::ForkForSimulation(const ForkKey& key) const {
  return NoiseHandshake(*this, symmetric_.ForkForSimulation(key));
}

void NoiseHandshake::DigestInto(Digest& digest) const {
  digest.Add(AsBytes(pattern_->name())).Add(initiator_).Add(phase_).Add(message_index_).Add(psk_index_);
  symmetric_.DigestInto(digest);
  for (const auto* pair : {&local_static_, &local_ephemeral_}) {
    digest.Add(pair->has_value());
    if (*pair) digest.Add((*pair)->public_key());
  }
  for (const auto* key : {&remote_static_, &remote_ephemeral_}) {
    digest.Add(key->has_value());
    if (*key) digest.Add(**key);
  }
  for (const Key& psk : psks_) digest.Add(psk.span());
}

}  // namespace holdfast
