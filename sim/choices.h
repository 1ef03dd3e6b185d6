#pragma once

// Choices: the one source of all that a generator decides. The same generator so takes its decisions from a seed, from
// the bytes of a fuzzer, from a recorded sequence or from an exhaustive counter. Integers only, and the distributions
// are ours: those of <random> differ between libraries.
//
// Every decision is a number below a bound. 0 is always the simplest choice, and what an exhausted source gives.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/random.h"

namespace holdfast::sim {

// Decisions about different things come from different streams, so that one more decision about one of them shifts no
// decision about another. Only a seed can tell streams apart; the other sources are one sequence.
enum class Topic : uint8_t {
  kSwarm,
  kWorkload,
  kOptions,
  kPaths,
  kFaults,
  kProtocol,
  kRare,
  kAdversary,
  kTrouble,
  kUse
};
inline constexpr std::array<std::string_view, 10> kTopicNames = {
    "swarm", "workload", "options", "paths", "faults", "protocol", "rare", "adversary", "trouble", "use"};

// Counts through every sequence of decisions that a generator can make, the last one fastest:
//   Odometer odometer;
//   do { Choices choices(odometer); Use(Generate(choices)); } while (odometer.Advance());
class Odometer {
 public:
  // To the next sequence; false after the last.
  bool Advance();

 private:
  friend class Choices;
  struct Digit {
    uint64_t value;
    uint64_t bound;
  };
  std::vector<Digit> digits_;
};

class Choices {
 public:
  // Each topic is a NamedStream of the seed.
  explicit Choices(uint64_t seed);

  // As many bytes a decision as its bound needs, big-endian, modulo the bound. Must live as long as the Choices.
  static Choices FromBytes(ByteSpan bytes);

  // One value a decision, modulo its bound. Must live as long as the Choices.
  static Choices FromRecord(std::span<const uint64_t> values);

  // The odometer must outlive the Choices.
  explicit Choices(Odometer& odometer);

  // Uniform in [0, bound); bound must not be 0. A bound of 1 decides nothing and draws nothing.
  uint64_t Below(Topic topic, uint64_t bound);

  // Uniform in [min, max].
  uint64_t Between(Topic topic, uint64_t min, uint64_t max) { return min + Below(topic, max - min + 1); }

  // True with probability numerator / denominator; 0 means false.
  bool Chance(Topic topic, uint64_t numerator, uint64_t denominator) {
    return Below(topic, denominator) >= denominator - numerator;
  }

  // In [min, max]; every size in bits is as likely as every other, so that small and large values are both common.
  uint64_t LogUniform(Topic topic, uint64_t min, uint64_t max);

  template <typename T>
  T Pick(Topic topic, std::initializer_list<T> from) {
    return from.begin()[Below(topic, from.size())];
  }

  // An index into `weights`, as likely as its weight. Their sum must not be 0.
  size_t Weighted(Topic topic, std::span<const uint64_t> weights);

  // From now on keeps every value decided, for FromRecord.
  void StartRecording() { recording_ = true; }
  const std::vector<uint64_t>& recorded() const { return recorded_; }

 private:
  enum class Source : uint8_t { kSeed, kBytes, kRecord, kOdometer };
  Choices() = default;

  uint64_t NextOfBytes(uint64_t bound);
  uint64_t NextOfOdometer(uint64_t bound);

  Source source_ = Source::kSeed;
  std::array<NamedStream, kTopicNames.size()> streams_ = MakeStreams(0);
  ByteSpan bytes_;
  std::span<const uint64_t> values_;
  Odometer* odometer_ = nullptr;
  size_t position_ = 0;
  bool recording_ = false;
  std::vector<uint64_t> recorded_;

  static std::array<NamedStream, kTopicNames.size()> MakeStreams(uint64_t seed);
};

}  // namespace holdfast::sim
