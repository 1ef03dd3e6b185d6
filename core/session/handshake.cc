#include "core/session/handshake.h"

#include <utility>

#include "core/base/check.h"

namespace holdfast {
namespace {

const Pattern* MustFind(std::string_view name) {
  const Pattern* pattern = FindPattern(name);
  HOLDFAST_CHECK(pattern != nullptr);
  return pattern;
}

std::string_view NoiseNameOf(PatternId pattern) {
  switch (pattern) {
    case PatternId::kNx:
      return "NX";
    case PatternId::kXx:
      return "XX";
    case PatternId::kNxPsk0:
      return "NXpsk0";
    case PatternId::kXxPsk0:
      return "XXpsk0";
    case PatternId::kNnPsk0:
      break;
  }
  return "NNpsk0";
}

}  // namespace

Preamble PreambleOf(Kind kind, PatternId pattern, Suite suite) {
  Preamble preamble;
  preamble.kind = static_cast<uint8_t>(kind);
  preamble.pattern = static_cast<uint8_t>(pattern);
  preamble.suite = static_cast<uint8_t>(suite);
  return preamble;
}

// HF-PRE-2, HF-NEW-1, HF-NEW-2, HF-KEY-4, HF-KEY-12, HF-NET-10.
NoiseHandshake BeginNew(const Preamble& preamble, bool initiator, const std::optional<KeyPair>& static_key,
                        const std::optional<NetworkKey>& network_key, ByteSpan before) {
  const PatternId pattern = static_cast<PatternId>(preamble.pattern);
  HOLDFAST_CHECK(IsPrivate(pattern) == network_key.has_value());
  Bytes prologue = ToBytes(before);
  Append(prologue, Encode(preamble));
  NoiseConfig config;
  config.pattern = MustFind(NoiseNameOf(pattern));
  config.suite = static_cast<Suite>(preamble.suite);
  config.initiator = initiator;
  config.prologue = prologue;
  if (!initiator || IsMutual(pattern)) config.local_static = static_key;
  if (network_key) config.psks = {&network_key->key(), 1};
  return NoiseHandshake(config);
}

// HF-PRE-2, HF-RES-6, HF-KEY-5, HF-NET-10.
NoiseHandshake BeginResume(const Preamble& preamble, const Epoch& epoch, bool initiator, ByteSpan before) {
  Bytes prologue = ToBytes(before);
  Append(prologue, Encode(preamble));
  Append(prologue, epoch.locator);
  const Key psk = epoch.resume_key.Clone();
  NoiseConfig config;
  config.pattern = MustFind(NoiseNameOf(kResumePattern));
  config.suite = static_cast<Suite>(preamble.suite);
  config.initiator = initiator;
  config.prologue = prologue;
  config.psks = {&psk, 1};
  return NoiseHandshake(config);
}

Status WriteFramed(NoiseHandshake& noise, Entropy& entropy, ByteSpan payload, Bytes& out) {
  size_t start = out.size();
  out.resize(start + 2);
  HOLDFAST_TRY(noise.WriteMessage(entropy, payload, out));
  Writer(MutableByteSpan(out).subspan(start, 2)).PutInteger(out.size() - start - 2, 2);
  return {};
}

Claims FirstClaims(Offset64 credit_limit) {
  Claims claims;
  claims.credit_limit = credit_limit;
  return claims;
}

}  // namespace holdfast
