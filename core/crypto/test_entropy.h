#pragma once

// TestEntropy: entropy for tests, from a seed, that counts what is drawn.

#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/crypto/crypto.h"

namespace holdfast {

class TestEntropy : public Entropy {
 public:
  explicit TestEntropy(uint64_t seed = 0) : stream_(seed, "test entropy") {}

  void Fill(MutableByteSpan out) override {
    stream_.Fill(out);
    drawn_ += out.size();
  }

  // Bytes so far.
  size_t drawn() const { return drawn_; }

 private:
  NamedStream stream_;
  size_t drawn_ = 0;
};

}  // namespace holdfast
