#pragma once

// Epoch: one generation of a session's resume key, and the key schedule that makes it (docs/protocol.md 5.1).

#include <compare>
#include <cstdint>

#include "core/base/digest.h"
#include "core/crypto/crypto.h"
#include "core/noise/noise.h"
#include "core/wire/messages.h"

namespace holdfast {

class ForkKey;

struct Epoch {
  uint64_t number = 0;
  Key resume_key;
  Locator locator = {};
  uint64_t attempt = 0;  // Highest that was begun (client) or seen (server). HF-RES-2.

  Epoch ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;
};

// Which attempt of a session a transport stands for. A greater one takes the place of a smaller one. HF-RES-21.
struct AttemptId {
  uint64_t epoch = 0;
  uint64_t attempt = 0;
  auto operator<=>(const AttemptId&) const = default;
};

// The epoch that a finished handshake begins. Wipes split.third.
Epoch DeriveEpoch(uint64_t number, NoiseSplit& split);

}  // namespace holdfast
