#pragma once

// SaltSet: which salts came before. An exact set with a time window: a salt is refused if it came within `kept` of now;
// later it is as good as new, and only a time stamp in what it seals can refuse it (SIP022 has one, its predecessors
// have none).
//
// Bounded. When it is full it refuses every new salt and forgets none before its time: so a replay is never taken, and
// whoever holds the key can keep others out for as long as salts are kept. What no key opens is never admitted, so a
// stranger cannot fill it (but by a stream cipher, which knows no strangers). Time is the caller's elapsed time: a wall
// clock that is set back makes nothing forgotten, but may make old time stamps good again.

#include <array>
#include <cstddef>
#include <deque>
#include <map>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/time.h"
#include "core/relay/limits.h"

namespace holdfast {

class SaltSet {
 public:
  static constexpr size_t kSaltBytesMax = 32;

  // `count_max` >= 1.
  explicit SaltSet(Duration kept = limits::kShadowSaltTime, size_t count_max = limits::kSaltsMax)
      : kept_(kept), count_max_(count_max) {}

  // Takes the salt, at most kSaltBytesMax bytes; or kReplayed or kTableFull, and it is as if it had not come. Call it
  // once what the salt keys has been authenticated: of two connections with one salt, the second call is refused.
  Status Admit(Time now, ByteSpan salt);

  size_t size() const { return seen_.size(); }
  size_t MemoryBytes() const {
    return seen_.size() * (sizeof(Salt) + sizeof(Time) + 64) + order_.size() * sizeof(Entry);
  }
  void DigestInto(Digest& digest) const;

 private:
  using Salt = std::array<uint8_t, kSaltBytesMax>;
  struct Entry {
    Time came;
    Salt salt;
  };

  void Forget(Time now);

  Duration kept_;
  size_t count_max_;
  std::map<Salt, Time> seen_;  // With the time of the latest admission.
  std::deque<Entry> order_;    // Oldest first.
};

}  // namespace holdfast
