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

}  // namespace

Preamble PreambleOf(Kind kind, PatternId pattern, Suite suite) {
  Preamble preamble;
  preamble.kind = static_cast<uint8_t>(kind);
  preamble.pattern = static_cast<uint8_t>(pattern);
  preamble.suite = static_cast<uint8_t>(suite);
  return preamble;
}

// HF-PRE-2, HF-NEW-1, HF-NEW-2, HF-KEY-4.
NoiseHandshake BeginNew(const Preamble& preamble, std::optional<KeyPair> static_key) {
  Bytes prologue = Encode(preamble);
  NoiseConfig config;
  config.pattern = MustFind("NX");
  config.suite = static_cast<Suite>(preamble.suite);
  config.initiator = !static_key.has_value();
  config.prologue = prologue;
  config.local_static = std::move(static_key);
  return NoiseHandshake(config);
}

// HF-PRE-2, HF-RES-6, HF-KEY-5.
NoiseHandshake BeginResume(const Preamble& preamble, const Epoch& epoch, bool initiator) {
  Bytes prologue = Encode(preamble);
  Append(prologue, epoch.locator);
  const Key psk = epoch.resume_key.Clone();
  NoiseConfig config;
  config.pattern = MustFind("NNpsk0");
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
