#include "core/relay/shadowsocks.h"

#include <utility>

#include "core/base/check.h"
#include "core/wire/cursor.h"

namespace holdfast {
namespace {

template <typename Variant>
Variant Forked(const Variant& variant, const ForkKey& key) {
  return std::visit(
      [&key](const auto& one) -> Variant {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(one)>, std::monostate>) {
          return one;
        } else {
          return one.ForkForSimulation(key);
        }
      },
      variant);
}

template <typename Variant>
void DigestOf(const Variant& variant, Digest& digest) {
  digest.Add(variant.index());
  std::visit(
      [&digest](const auto& one) {
        if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(one)>, std::monostate>) one.DigestInto(digest);
      },
      variant);
}

// Of one side: only SIP022 tells them apart.
template <typename Opener, typename Variant>
Variant OpenerFor(const ShadowKey& key, StreamRole role) {
  switch (key.family()) {
    case ShadowFamily::kAead:
      return AeadOpener();
    case ShadowFamily::kStream:
      return StreamOpener(role);
    case ShadowFamily::k2022:
      return Opener();
  }
  return AeadOpener();
}

}  // namespace

// --- Server ------------------------------------------------------------------------------------------------------

ShadowServer::ShadowServer(ShadowKey key)
    : key_(std::move(key)), opener_(OpenerFor<Request2022Opener, decltype(opener_)>(key_, StreamRole::kRequest)) {}

Status ShadowServer::Open(const ShadowMoment& moment, ByteSpan& input, Bytes& plaintext, size_t plaintext_max) {
  if (auto* aead = std::get_if<AeadOpener>(&opener_)) {
    while (!target_) {
      const size_t before = header_.size();
      HOLDFAST_TRY(aead->Open(moment, key_, input, header_, before + 1));
      if (header_.size() == before) return {};
      HOLDFAST_TRY(TakeTarget(plaintext));
    }
    return aead->Open(moment, key_, input, plaintext, plaintext_max);
  }
  if (auto* stream = std::get_if<StreamOpener>(&opener_)) {
    const Status opened = stream->Open(moment, key_, input, plaintext, plaintext_max);
    if (!target_) target_ = stream->target();  // Also if what follows it is wrong: it may come in the same piece.
    return opened;
  }
  auto& request = std::get<Request2022Opener>(opener_);
  const Status opened = request.Open(moment, key_, input, plaintext, plaintext_max);
  if (!target_) target_ = request.target();
  return opened;
}

// The header may lie in several chunks, and payload may follow it in the last.
Status ShadowServer::TakeTarget(Bytes& plaintext) {
  const auto size = TargetSize(header_);
  if (!size) return std::unexpected(size.error());
  if (!*size || header_.size() < **size) return {};
  Reader reader(header_);
  Target target = ReadTarget(reader);
  if (!reader.ok()) return std::unexpected(reader.error());
  Append(plaintext, reader.TakeRest());
  target_ = std::move(target);
  header_ = Bytes();
  return {};
}

bool ShadowServer::may_end() const {
  return std::visit([](const auto& opener) { return opener.may_end(); }, opener_);
}

Status ShadowServer::Seal(const ShadowMoment& moment, ByteSpan payload, Entropy& entropy, Bytes& out) {
  if (payload.empty()) return {};
  if (std::holds_alternative<std::monostate>(sealer_)) {
    if (key_.family() == ShadowFamily::kAead) {
      Result<AeadSealer> sealer = AeadSealer::Begin(moment, key_, entropy);
      if (!sealer) return std::unexpected(sealer.error());
      sealer_ = std::move(*sealer);
    } else if (key_.family() == ShadowFamily::kStream) {
      Result<StreamSealer> sealer = StreamSealer::Begin(moment, key_, StreamRole::kResponse, entropy);
      if (!sealer) return std::unexpected(sealer.error());
      sealer_ = std::move(*sealer);
    } else {
      sealer_ = Response2022Sealer(key_, std::get<Request2022Opener>(opener_).salt(), entropy);
    }
  }
  if (auto* response = std::get_if<Response2022Sealer>(&sealer_)) return response->Seal(moment, payload, out);
  if (auto* aead = std::get_if<AeadSealer>(&sealer_)) aead->Seal(payload, out);
  if (auto* stream = std::get_if<StreamSealer>(&sealer_)) stream->Seal(payload, out);
  return {};
}

size_t ShadowServer::allocated() const {
  return header_.capacity() + std::visit([](const auto& opener) { return opener.allocated(); }, opener_);
}

ShadowServer ShadowServer::ForkForSimulation(const ForkKey& key) const {
  ShadowServer fork(key_);
  fork.opener_ = Forked(opener_, key);
  fork.sealer_ = Forked(sealer_, key);
  fork.header_ = header_;
  fork.target_ = target_;
  return fork;
}

void ShadowServer::DigestInto(Digest& digest) const {
  DigestOf(opener_, digest);
  DigestOf(sealer_, digest);
  digest.Add(header_).Add(target_.has_value());
  if (target_) target_->DigestInto(digest);
}

// --- Client ------------------------------------------------------------------------------------------------------

ShadowClient::ShadowClient(ShadowKey key)
    : key_(std::move(key)), opener_(OpenerFor<Response2022Opener, decltype(opener_)>(key_, StreamRole::kResponse)) {}

Status ShadowClient::Begin(const ShadowMoment& moment, const Target& target, ByteSpan payload, Entropy& entropy,
                           Bytes& out) {
  HOLDFAST_CHECK(std::holds_alternative<std::monostate>(sealer_));
  if (key_.family() == ShadowFamily::k2022) {
    Result<Request2022Sealer> sealer = Request2022Sealer::Begin(moment, key_, target, payload, entropy, out);
    if (!sealer) return std::unexpected(sealer.error());
    sealer_ = std::move(*sealer);
    return {};
  }
  if (key_.family() == ShadowFamily::kStream) {
    Result<StreamSealer> sealer = StreamSealer::Begin(moment, key_, StreamRole::kRequest, entropy);
    if (!sealer) return std::unexpected(sealer.error());
    sealer->SealTarget(target, out);
    sealer->Seal(payload, out);
    sealer_ = std::move(*sealer);
    return {};
  }
  Result<AeadSealer> sealer = AeadSealer::Begin(moment, key_, entropy);
  if (!sealer) return std::unexpected(sealer.error());
  Bytes first = EncodeTarget(target);
  Append(first, payload);
  sealer->Seal(first, out);
  sealer_ = std::move(*sealer);
  return {};
}

void ShadowClient::Seal(ByteSpan payload, Bytes& out) {
  std::visit(
      [&](auto& sealer) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(sealer)>, std::monostate>) {
          HOLDFAST_CHECK(payload.empty());  // Begin comes first.
        } else {
          sealer.Seal(payload, out);
        }
      },
      sealer_);
}

Status ShadowClient::Open(const ShadowMoment& moment, ByteSpan& input, Bytes& plaintext, size_t plaintext_max) {
  if (auto* aead = std::get_if<AeadOpener>(&opener_)) return aead->Open(moment, key_, input, plaintext, plaintext_max);
  if (auto* stream = std::get_if<StreamOpener>(&opener_)) {
    return stream->Open(moment, key_, input, plaintext, plaintext_max);
  }
  const auto* request = std::get_if<Request2022Sealer>(&sealer_);
  if (request == nullptr) return std::unexpected(Error::kTooSoon);
  return std::get<Response2022Opener>(opener_).Open(moment, key_, request->salt(), input, plaintext, plaintext_max);
}

bool ShadowClient::may_end() const {
  return std::visit([](const auto& opener) { return opener.may_end(); }, opener_);
}

size_t ShadowClient::allocated() const {
  return std::visit([](const auto& opener) { return opener.allocated(); }, opener_);
}

ShadowClient ShadowClient::ForkForSimulation(const ForkKey& key) const {
  ShadowClient fork(key_);
  fork.opener_ = Forked(opener_, key);
  fork.sealer_ = Forked(sealer_, key);
  return fork;
}

void ShadowClient::DigestInto(Digest& digest) const {
  DigestOf(opener_, digest);
  DigestOf(sealer_, digest);
}

}  // namespace holdfast
