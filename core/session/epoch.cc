#include "core/session/epoch.h"

#include <string_view>

namespace holdfast {
namespace {

// HKDF-Expand(third output, "holdfast 1 " || label || h): h binds the secret to everything that was said. HF-KEY-10.
void DeriveSecret(const NoiseSplit& split, std::string_view label, MutableByteSpan out) {
  constexpr std::string_view kProtocol = "holdfast 1 ";
  Bytes info;
  info.reserve(kProtocol.size() + label.size() + split.handshake_hash.size());
  Append(info, AsBytes(kProtocol));
  Append(info, AsBytes(label));
  Append(info, split.handshake_hash);
  HkdfExpand(split.third.span(), info, out);
}

}  // namespace

Epoch DeriveEpoch(uint64_t number, NoiseSplit& split) {
  Epoch epoch;
  epoch.number = number;
  DeriveSecret(split, "resume", epoch.resume_key.mutable_span());
  DeriveSecret(split, "locator", epoch.locator);
  split.third.Clear();  // HF-KEY-11.
  return epoch;
}

Epoch Epoch::ForkForSimulation(const ForkKey&) const { return {number, resume_key.Clone(), locator, attempt}; }

void Epoch::DigestInto(Digest& digest) const { digest.Add(number).Add(resume_key.span()).Add(locator).Add(attempt); }

}  // namespace holdfast
