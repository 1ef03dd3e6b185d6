#pragma once

// Handshake: how a session's two Noise handshakes are set up and framed (docs/protocol.md 3, 4, 5). The preamble, and
// for a resume the locator, are the prologue, so nothing in them can be changed unnoticed.

#include <optional>

#include "core/base/bytes.h"
#include "core/noise/noise.h"
#include "core/session/epoch.h"
#include "core/session/network_key.h"
#include "core/wire/messages.h"

namespace holdfast {

inline constexpr PatternId kResumePattern = PatternId::kNnPsk0;

Preamble PreambleOf(Kind kind, PatternId pattern, Suite suite);

// The pattern of a new session. HF-NEW-15, HF-NEW-16.
constexpr PatternId NewSessionPattern(bool mutual, bool is_private) {
  if (is_private) return mutual ? PatternId::kXxPsk0 : PatternId::kNxPsk0;
  return mutual ? PatternId::kXx : PatternId::kNx;
}

// NX or XX, with psk0 in a private network, as the preamble says. `static_key`: this side's, if it sends one.
// `network_key`: exactly in a private network. `before`: what came before the preamble and is to be bound. HF-NET-10.
NoiseHandshake BeginNew(const Preamble& preamble, bool initiator, const std::optional<KeyPair>& static_key,
                        const std::optional<NetworkKey>& network_key, ByteSpan before = {});

// NNpsk0 under the epoch's resume key.
NoiseHandshake BeginResume(const Preamble& preamble, const Epoch& epoch, bool initiator, ByteSpan before = {});

// Appends u16 length and the next message of `noise`. HF-PRE-8.
Status WriteFramed(NoiseHandshake& noise, Entropy& entropy, ByteSpan payload, Bytes& out);

// What message 1 and message 2 of a new session say, as the claims of a side that has nothing yet. HF-NEW-9.
Claims FirstClaims(Offset64 credit_limit);

}  // namespace holdfast
