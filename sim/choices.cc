#include "sim/choices.h"

#include <bit>
#include <utility>

#include "core/base/check.h"

namespace holdfast::sim {

bool Odometer::Advance() {
  while (!digits_.empty() && digits_.back().value + 1 >= digits_.back().bound) digits_.pop_back();
  if (digits_.empty()) return false;
  ++digits_.back().value;
  return true;
}

std::array<NamedStream, kTopicNames.size()> Choices::MakeStreams(uint64_t seed) {
  return [seed]<size_t... kIndex>(std::index_sequence<kIndex...>) {
    return std::array{NamedStream(seed, kTopicNames[kIndex])...};
  }(std::make_index_sequence<kTopicNames.size()>());
}

Choices::Choices(uint64_t seed) : source_(Source::kSeed), streams_(MakeStreams(seed)) {}

Choices Choices::FromBytes(ByteSpan bytes) {
  Choices choices;
  choices.source_ = Source::kBytes;
  choices.bytes_ = bytes;
  return choices;
}

Choices Choices::FromRecord(std::span<const uint64_t> values) {
  Choices choices;
  choices.source_ = Source::kRecord;
  choices.values_ = values;
  return choices;
}

Choices::Choices(Odometer& odometer) : source_(Source::kOdometer), odometer_(&odometer) {}

uint64_t Choices::Below(Topic topic, uint64_t bound) {
  HOLDFAST_CHECK(bound != 0);
  uint64_t value = 0;
  if (bound > 1) {
    switch (source_) {
      case Source::kSeed:
        value = streams_[static_cast<size_t>(topic)].Below(bound);
        break;
      case Source::kBytes:
        value = NextOfBytes(bound);
        break;
      case Source::kRecord:
        if (position_ < values_.size()) value = values_[position_++] % bound;
        break;
      case Source::kOdometer:
        value = NextOfOdometer(bound);
        break;
    }
    if (recording_) recorded_.push_back(value);
  }
  return value;
}

uint64_t Choices::NextOfBytes(uint64_t bound) {
  uint64_t value = 0;
  for (uint64_t rest = bound - 1; rest != 0; rest >>= 8) {
    uint8_t byte = position_ < bytes_.size() ? bytes_[position_++] : uint8_t{0};
    value = value << 8 | byte;
  }
  return value % bound;
}

uint64_t Choices::NextOfOdometer(uint64_t bound) {
  std::vector<Odometer::Digit>& digits = odometer_->digits_;
  if (position_ == digits.size()) digits.push_back({0, bound});
  HOLDFAST_CHECK(digits[position_].bound == bound);  // A generator is a function of its choices.
  return digits[position_++].value;
}

uint64_t Choices::LogUniform(Topic topic, uint64_t min, uint64_t max) {
  HOLDFAST_CHECK(min <= max);
  uint64_t bits =
      Between(topic, static_cast<uint64_t>(std::bit_width(min)), static_cast<uint64_t>(std::bit_width(max)));
  if (bits == 0) return 0;
  uint64_t low = uint64_t{1} << (bits - 1);
  uint64_t high = low + (low - 1);
  if (low < min) low = min;
  if (high > max) high = max;
  return Between(topic, low, high);
}

size_t Choices::Weighted(Topic topic, std::span<const uint64_t> weights) {
  uint64_t sum = 0;
  for (uint64_t weight : weights) sum += weight;
  uint64_t at = Below(topic, sum);
  size_t index = 0;
  while (at >= weights[index]) at -= weights[index++];
  return index;
}

}  // namespace holdfast::sim
