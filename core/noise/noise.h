#pragma once

// The Noise Protocol Framework, revision 34: handshakes over X25519 and SHA-256. Patterns are data (noise/patterns.h);
// the code below them is sections 5.2 and 5.3 with their own step names.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/crypto/crypto.h"
#include "core/noise/patterns.h"
#include "core/noise/symmetric_state.h"

namespace holdfast {

class ForkKey;

// Largest Noise message, section 3.
inline constexpr size_t kNoiseMessageBytesMax = 65535;

// Section 8, as in "Noise_NXpsk0_25519_ChaChaPoly_SHA256".
std::string NoiseProtocolName(const Pattern& pattern, Suite suite);

// What a finished handshake leaves. `first` is the initiator's sending key.
struct NoiseSplit {
  Key first;
  Key second;
  Key third;  // The third HKDF output of Split(): not of rev 34, for the secrets of the layer above.
  Hash handshake_hash = {};
};

struct NoiseConfig {
  const Pattern* pattern = nullptr;  // Static storage: one of noise/patterns.h.
  Suite suite = Suite::kChaChaPoly;
  bool initiator = false;
  ByteSpan prologue = {};                    // Read by the constructor only.
  std::optional<KeyPair> local_static = {};  // Required if the pattern has this side send `s`.
  std::span<const Key> psks = {};            // One for each psk token, in order. Read by the constructor only.
};

// One side of one handshake. Move-only: a copy could seal a second payload under a used key and nonce. Calls out of
// turn, and calls after a failure, are mistakes of the caller and fail a CHECK; nothing in a message from the peer can.
// HF-SEC-9.
class NoiseHandshake {
 public:
  explicit NoiseHandshake(const NoiseConfig& config);
  NoiseHandshake(NoiseHandshake&&) = default;
  NoiseHandshake& operator=(NoiseHandshake&&) = default;

  bool finished() const;          // All messages are written or read.
  bool my_turn() const;           // The next message is ours to write.
  size_t OverheadOfNext() const;  // Bytes of the next message, written or read, beside its payload.

  // Section 5.3 WriteMessage: appends the next message, payload included, to `out`. Draws from `entropy` if the message
  // has an `e`. OverheadOfNext() + payload.size() must not exceed kNoiseMessageBytesMax, and `payload` must not be
  // memory of `out`. On failure (kWeakKey) nothing is appended and the handshake is dead: only destruction is left.
  Status WriteMessage(Entropy& entropy, ByteSpan payload, Bytes& out);

  // Section 5.3 ReadMessage: the next message, whole; appends its payload to `payload`. On failure (kTruncated,
  // kBadLength, kBadTag, kWeakKey) nothing is appended and the handshake is dead. Tokens are processed in order, so
  // that tags which precede the first DH of a message are verified before it is computed.
  Status ReadMessage(ByteSpan message, Bytes& payload);

  // Set once the peer's `s` was read. Authentic as far as the pattern says so when the message that held it was read.
  const std::optional<PublicKey>& remote_static() const { return remote_static_; }

  // Section 5.2 GetHandshakeHash: `h` as it stands; the session's name once finished, also after Split().
  const Hash& handshake_hash() const { return symmetric_.h(); }

  // Section 5.2 Split, with a third output. Only when finished, and once: it wipes the chaining key.
  NoiseSplit Split();

  NoiseHandshake ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  enum class Phase : uint8_t { kRunning, kFailed, kSplit };

  NoiseHandshake(const NoiseHandshake& other, SymmetricState symmetric);

  const MessagePattern& NextMessage() const;
  void MixEphemeral(const PublicKey& key);  // The `e` token, with section 9.2's addition.
  void MixPsk();
  Status MixDh(Token token);
  Status WriteTokens(Entropy& entropy, Bytes& out);
  Status ReadTokens(ByteSpan& rest);
  Status Fail(Error error);

  const Pattern* pattern_;
  bool initiator_;
  Phase phase_ = Phase::kRunning;
  uint8_t message_index_ = 0;
  uint8_t psk_index_ = 0;
  SymmetricState symmetric_;
  std::optional<KeyPair> local_static_;        // s
  std::optional<KeyPair> local_ephemeral_;     // e
  std::optional<PublicKey> remote_static_;     // rs
  std::optional<PublicKey> remote_ephemeral_;  // re
  std::vector<Key> psks_;
};

}  // namespace holdfast
