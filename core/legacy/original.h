#pragma once

// OriginalClient, OriginalServer: what stable-connection's own two ends say where they work, byte by byte from the
// description of the wire (docs/legacy.md), for tests of ours against them. Nothing here is shared with ours but the
// hash and the powers, which have known answers. Each takes whole messages, as the original's need them, and keeps
// everything that it ever sent.

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/legacy/limits.h"
#include "core/legacy/primitives.h"

namespace holdfast::legacy {

class OriginalCipher {
 public:
  explicit OriginalCipher(uint64_t secret) {
    const uint64_t seed = Hash(secret, 0);
    fingerprint = static_cast<uint32_t>(seed) ^ static_cast<uint32_t>(seed >> 32);
    for (unsigned i = 0; i < 256; ++i) state_[i] = static_cast<uint8_t>(i + (seed >> (i % 8 * 8) & 255));
  }

  uint8_t Next(uint8_t byte) {
    ++i_;
    j_ = static_cast<uint8_t>(j_ + state_[i_]);
    std::swap(state_[i_], state_[j_]);
    const uint8_t out = byte ^ state_[static_cast<uint8_t>(state_[i_] + state_[j_])];
    fingerprint = (fingerprint << 4 | fingerprint >> 28) ^ out;
    return out;
  }

  uint32_t fingerprint;  // Over what comes out.

 private:
  std::array<uint8_t, 256> state_;
  uint8_t i_ = 0;
  uint8_t j_ = 0;
};

class OriginalClient {
 public:
  explicit OriginalClient(uint64_t exponent) : exponent_(exponent) {}

  // What it says first on a new socket.
  Bytes Handshake() {
    Bytes out;
    in_handshake_ = true;
    if (delivered.empty()) {
      AppendWord(out, uint64_t{0});
      AppendWord(out, Power(kGenerator, exponent_));
    } else {
      AppendWord(out, static_cast<uint64_t>(delivered.size()));
      AppendWord(out, fingerprint_);
    }
    return out;
  }

  Bytes Send(ByteSpan plaintext) {
    if (in_handshake_) {
      Append(queued_, plaintext);
      return {};
    }
    Bytes out;
    for (uint8_t byte : plaintext) out.push_back(send_.Next(byte));
    Append(sent_, out);
    return out;
  }

  // Whether it goes on; `out` is what it says then.
  bool Receive(ByteSpan bytes, Bytes& out) {
    if (in_handshake_) {
      if (bytes.size() < kReplyBytes) return false;
      auto count = Load<uint64_t>(bytes.data());
      if (delivered.empty()) {
        secret_ = Power(count, exponent_);
        send_ = receive_ = OriginalCipher(secret_);
        fingerprint_ = receive_.fingerprint;
        sent_.clear();
        count = 0;
      }
      if (count > sent_.size() || count + kWindowBytes < sent_.size()) return false;
      AppendWord(out, Hash(Load<uint64_t>(bytes.data() + 8), secret_));
      Append(out, ByteSpan(sent_).subspan(static_cast<size_t>(count)));
      in_handshake_ = false;
      Append(out, Send(std::exchange(queued_, {})));
      bytes = bytes.subspan(kReplyBytes);
    }
    for (uint8_t byte : bytes) {
      delivered.push_back(receive_.Next(byte));
      if (delivered.size() % kChunkBytes == 0) fingerprint_ = receive_.fingerprint;
    }
    return true;
  }

  Bytes delivered;

 private:
  uint64_t exponent_;
  uint64_t secret_ = 0;
  bool in_handshake_ = true;
  OriginalCipher send_{0};
  OriginalCipher receive_{0};
  uint32_t fingerprint_ = 0;
  Bytes sent_;
  Bytes queued_;
};

// With one session, and one socket at a time.
class OriginalServer {
 public:
  explicit OriginalServer(uint64_t exponent) : exponent_(exponent) {}

  void NewSocket() { stage_ = Stage::kHello; }

  Bytes Send(ByteSpan plaintext) {
    Bytes out;
    for (uint8_t byte : plaintext) {
      out.push_back(send_.Next(byte));
      if ((sent_.size() + out.size()) % kChunkBytes == 0) fingerprints_.push_back(send_.fingerprint);
    }
    Append(sent_, out);
    return out;
  }

  // Whether it goes on, or closes the socket; `out` is what it says then.
  bool Receive(ByteSpan bytes, Bytes& out) {
    if (stage_ == Stage::kHello) {
      if (bytes.size() < kRequestBytes) return false;
      challenge_ += 0x1234567890abcdef;
      requested_ = Load<uint64_t>(bytes.data());
      if (requested_ == 0) {
        if (bytes.size() != kHelloBytes) return false;
        pending_ = Power(Load<uint64_t>(bytes.data() + 8), ++exponent_);
        AppendWord(out, Power(kGenerator, exponent_));
      } else {
        if (bytes.size() != kRequestBytes || requested_ > sent_.size()) return false;
        if (fingerprints_[static_cast<size_t>(requested_) / kChunkBytes] != Load<uint32_t>(bytes.data() + 8))
          return false;
        pending_ = secret_;
        AppendWord(out, static_cast<uint64_t>(delivered.size()));
      }
      AppendWord(out, challenge_);
      stage_ = Stage::kProof;
      return true;
    }
    if (stage_ == Stage::kProof) {
      if (bytes.size() < kProofBytes || Load<uint64_t>(bytes.data()) != Hash(challenge_, pending_)) return false;
      bytes = bytes.subspan(kProofBytes);
      if (requested_ == 0) {
        ++sessions;
        secret_ = pending_;
        send_ = receive_ = OriginalCipher(secret_);
        fingerprints_ = {send_.fingerprint};
        sent_.clear();
        delivered.clear();
      }
      Append(out, ByteSpan(sent_).subspan(static_cast<size_t>(requested_)));
      stage_ = Stage::kOpen;
    }
    for (uint8_t byte : bytes) delivered.push_back(receive_.Next(byte));
    return true;
  }

  Bytes delivered;
  size_t sessions = 0;

 private:
  enum class Stage : uint8_t { kHello, kProof, kOpen };

  uint64_t exponent_;
  uint64_t secret_ = 0;
  uint64_t pending_ = 0;
  uint64_t requested_ = 0;
  uint64_t challenge_ = 1;
  Stage stage_ = Stage::kHello;
  OriginalCipher send_{0};
  OriginalCipher receive_{0};
  std::vector<uint32_t> fingerprints_;  // One for each chunk.
  Bytes sent_;
};

}  // namespace holdfast::legacy
