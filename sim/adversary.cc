#include "sim/adversary.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/random.h"
#include "core/wire/cursor.h"

namespace holdfast::sim {
namespace {

constexpr uint64_t kRecordLengthBytes = 2;
constexpr uint64_t kNoiseBytes = 64;  // If the plan does not say how many.

uint64_t Saturated(uint64_t a, uint64_t b) { return a > kAll - b ? kAll : a + b; }

}  // namespace

void Adversary::Reset(const Plan& plan) {
  active_ = false;
  recordings_.clear();
  hands_.clear();
  places_.assign(plan.faults.size(), kAll);
  speeches_.clear();
  own_.clear();
  intruders_ = 0;
  for (const Fault& fault : plan.faults) Watch(fault);
}

void Adversary::FaultAdded(const Plan& plan, uint32_t fault) {
  places_.push_back(kAll);
  Watch(plan.faults[fault]);
}

// Only what the plan will want is kept.
void Adversary::Watch(const Fault& fault) {
  if (!IsAdversary(fault.kind)) return;
  active_ = true;
  if (fault.with != Forging::kRecorded) return;
  if (fault.kind == FaultKind::kTamper && (fault.how == Tampering::kFlip || fault.how == Tampering::kOmit)) return;
  if (TapeOf(fault.from_client, fault.from_transport, fault.from_direction) != nullptr) return;
  recordings_.push_back({fault.from_client, fault.from_transport, {}});
}

Adversary::Tape* Adversary::TapeOf(uint64_t client, uint64_t transport, Direction direction) {
  for (Recording& recording : recordings_) {
    if (recording.client != client || recording.transport != transport) continue;
    return &recording.tapes[static_cast<size_t>(direction)];
  }
  return nullptr;
}

Adversary::Hand& Adversary::HandOn(uint32_t index) {
  if (index >= hands_.size()) hands_.resize(index + 1);
  return hands_[index];
}

// --- What he reads -------------------------------------------------------------------------------------------------

bool Adversary::OnMessage(const Plan& plan, const StreamLink& link, uint32_t index, Direction direction,
                          uint64_t size) {
  Grip& grip = HandOn(index).grips[static_cast<size_t>(direction)];
  const uint64_t begin = link.written[static_cast<size_t>(direction)];
  const uint64_t number = grip.messages++;
  grip.message_end = begin + size;
  if (!active_) return false;
  if (Tape* tape = TapeOf(link.client(), link.transport, direction)) tape->messages.push_back(begin);
  bool waits = false;
  for (uint32_t i = 0; i < plan.faults.size(); ++i) {
    const Fault& fault = plan.faults[i];
    const bool his = fault.kind == FaultKind::kTamper && fault.message == number && fault.direction == direction &&
                     fault.client == link.client() && fault.transport == link.transport;
    if (!his) continue;
    places_[i] = Saturated(begin, fault.byte);
    waits = true;
  }
  return waits;
}

void Adversary::OnWritten(const StreamLink& link, Direction direction, uint64_t offset, ByteSpan bytes) {
  Tape* tape = TapeOf(link.client(), link.transport, direction);
  if (tape == nullptr || tape->bytes.size() != offset) return;  // Full, or he came too late for the beginning.
  Append(tape->bytes, bytes.first(static_cast<size_t>(std::min<uint64_t>(bytes.size(), kTapeBytesMax - offset))));
}

uint64_t Adversary::PlaceOf(const Plan& plan, uint32_t fault) const {
  return plan.faults[fault].message == kAll ? plan.faults[fault].byte : places_[fault];
}

// --- What he does to bytes on their way ----------------------------------------------------------------------------

bool Adversary::Tamper(const Plan& plan, uint32_t index, const StreamLink& link, uint32_t link_index, Bytes& forged) {
  const Fault& fault = plan.faults[index];
  const bool adds = fault.how == Tampering::kInsert || fault.how == Tampering::kReplace;
  forged = adds ? Forge(plan, index) : Bytes();
  if (adds && forged.empty()) return false;
  Hand& hand = HandOn(link_index);
  Grip& grip = hand.grips[static_cast<size_t>(fault.direction)];
  const uint64_t written = link.written[static_cast<size_t>(fault.direction)];
  const bool to_end = fault.size == kAll && fault.message != kAll;  // Of the message.
  if (to_end && !(adds && fault.how == Tampering::kInsert) && fault.how != Tampering::kFlip &&
      written >= grip.message_end) {
    return false;
  }
  if (fault.how == Tampering::kFlip) grip.flip = static_cast<uint8_t>(grip.flip ^ (1U << fault.bit));
  if (fault.how == Tampering::kOmit) {
    grip.omit = std::max(grip.omit, to_end ? grip.message_end - written : fault.size);
  }
  if (fault.how == Tampering::kReplace) {
    grip.omit = std::max<uint64_t>(grip.omit, to_end ? grip.message_end - written : forged.size());
  }
  hand.tampered = true;
  return true;
}

Adversary::Passed Adversary::Pass(uint32_t index, Direction direction, ByteSpan bytes) {
  Grip& grip = hands_[index].grips[static_cast<size_t>(direction)];
  if (grip.omit > 0) {
    const auto gone = static_cast<size_t>(std::min<uint64_t>(grip.omit, bytes.size()));
    if (grip.omit != kAll) grip.omit -= gone;
    grip.flip = 0;
    return {gone, {}};
  }
  Passed passed = {bytes.size(), ToBytes(bytes)};
  passed.out[0] = static_cast<uint8_t>(passed.out[0] ^ std::exchange(grip.flip, uint8_t{0}));
  return passed;
}

// --- What he says himself ------------------------------------------------------------------------------------------

Bytes Adversary::Forge(const Plan& plan, uint32_t index) const {
  const Fault& fault = plan.faults[index];
  Bytes bytes;
  if (fault.with == Forging::kNoise || fault.with == Forging::kFramed) {
    const uint64_t size = fault.size == kAll ? kNoiseBytes : std::min(fault.size, kTapeBytesMax);
    bytes.resize(static_cast<size_t>(size));
    NamedStream(plan.seed, fmt::format("adversary.noise{}", fault.from_byte)).Fill(bytes);
    if (fault.with == Forging::kFramed && size >= kRecordLengthBytes) {
      Writer(bytes).PutInteger(size - kRecordLengthBytes, kRecordLengthBytes);
    }
  } else if (fault.with == Forging::kRecorded) {
    const Tape* tape =
        const_cast<Adversary*>(this)->TapeOf(fault.from_client, fault.from_transport, fault.from_direction);
    if (tape == nullptr) return {};
    uint64_t begin = fault.from_byte;
    uint64_t end = tape->bytes.size();
    if (fault.from_message != kAll) {
      if (fault.from_message >= tape->messages.size()) return {};
      const auto message = static_cast<size_t>(fault.from_message);
      begin = Saturated(begin, tape->messages[message]);
      if (fault.size == kAll && message + 1 < tape->messages.size()) end = std::min(end, tape->messages[message + 1]);
    }
    end = std::min(end, Saturated(begin, fault.size));
    if (begin >= end) return {};
    bytes = ToBytes(ByteSpan(tape->bytes).subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
  }
  if (fault.kind != FaultKind::kTamper && fault.bit != kAll && !bytes.empty()) {
    const uint64_t bit = fault.bit % (8 * bytes.size());
    bytes[static_cast<size_t>(bit / 8)] ^= static_cast<uint8_t>(1U << bit % 8);
  }
  return bytes;
}

uint32_t Adversary::AddSpeech(Speech speech) {
  speeches_.push_back(std::move(speech));
  return static_cast<uint32_t>(speeches_.size() - 1);
}

void Adversary::AddOwn(Own own) {
  intruders_ += own.side == Side::kClient;
  own_.push_back(own);
}

void Adversary::Leave() {
  for (Hand& hand : hands_) {
    for (Grip& grip : hand.grips) grip.omit = grip.flip = 0;
  }
}

}  // namespace holdfast::sim
