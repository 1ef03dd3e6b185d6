#pragma once

// StreamEntropy: cryptographic entropy of a simulated endpoint, a pure function of (seed, name). Never for real keys.

#include <cstdint>
#include <string_view>

#include "core/base/random.h"
#include "core/crypto/crypto.h"

namespace holdfast::sim {

class StreamEntropy final : public Entropy {
 public:
  StreamEntropy() : stream_(0, "") {}
  StreamEntropy(uint64_t seed, std::string_view name) : stream_(seed, name) {}
  void Fill(MutableByteSpan out) override { stream_.Fill(out); }

 private:
  NamedStream stream_;
};

}  // namespace holdfast::sim
