#include "core/noise/symmetric_state.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/check.h"

namespace holdfast {

SymmetricState::SymmetricState(Suite suite, std::string_view protocol_name) : suite_(suite) {
  if (protocol_name.size() <= kHashBytes) {
    std::ranges::copy(protocol_name, h_.begin());
  } else {
    const ByteSpan name = AsBytes(protocol_name);
    h_ = HashOf({&name, 1});
  }
  ck_ = Key(h_);
}

void SymmetricState::MixKey(ByteSpan input) {
  std::array<Key, 2> outputs;
  NoiseHkdf(ck_.span(), input, outputs);
  ck_ = std::move(outputs[0]);
  InitializeKey(std::move(outputs[1]));
}

void SymmetricState::MixHash(ByteSpan data) {
  const std::array<ByteSpan, 2> pieces = {h_, data};
  h_ = HashOf(pieces);
}

void SymmetricState::MixKeyAndHash(ByteSpan input) {
  std::array<Key, 3> outputs;
  NoiseHkdf(ck_.span(), input, outputs);
  ck_ = std::move(outputs[0]);
  MixHash(outputs[1].span());
  InitializeKey(std::move(outputs[2]));
}

void SymmetricState::EncryptAndHash(ByteSpan plaintext, Bytes& out) {
  const size_t begin = out.size();
  if (has_key_) {
    out.resize(begin + plaintext.size() + kTagBytes);
    Cipher().Seal(n_++, h_, {&plaintext, 1}, MutableByteSpan(out).subspan(begin));
  } else {
    Append(out, plaintext);
  }
  MixHash(ByteSpan(out).subspan(begin));
}

Status SymmetricState::DecryptAndHash(ByteSpan ciphertext, Bytes& out) {
  if (has_key_) {
    if (ciphertext.size() < kTagBytes) return std::unexpected(Error::kTruncated);
    const size_t begin = out.size();
    out.resize(begin + ciphertext.size() - kTagBytes);
    const Status opened = Cipher().Open(n_, h_, ciphertext, MutableByteSpan(out).subspan(begin));
    if (!opened) {
      out.resize(begin);
      return opened;
    }
    ++n_;
  } else {
    Append(out, ciphertext);
  }
  MixHash(ciphertext);
  return {};
}

void SymmetricState::Split(Key& first, Key& second, Key& third) {
  std::array<Key, 3> outputs;
  NoiseHkdf(ck_.span(), {}, outputs);
  first = std::move(outputs[0]);
  second = std::move(outputs[1]);
  third = std::move(outputs[2]);
  ck_.Clear();
  k_.Clear();
  cipher_.reset();
  has_key_ = false;
}

void SymmetricState::InitializeKey(Key temp_k) {
  k_ = std::move(temp_k);
  n_ = 0;
  has_key_ = true;
  cipher_.reset();
}

Aead& SymmetricState::Cipher() {
  if (!cipher_) cipher_.emplace(suite_, k_.span());
  return *cipher_;
}

SymmetricState SymmetricState::ForkForSimulation(const ForkKey&) const {
  SymmetricState copy;
  copy.suite_ = suite_;
  copy.has_key_ = has_key_;
  copy.n_ = n_;
  copy.ck_ = ck_.Clone();
  copy.k_ = k_.Clone();
  copy.h_ = h_;
  return copy;
}

void SymmetricState::DigestInto(Digest& digest) const {
  digest.Add(suite_).Add(has_key_).Add(n_).Add(ck_.span()).Add(k_.span()).Add(h_);
}

}  // namespace holdfast
