#include "sim/generate_adversary.h"

#include <algorithm>
#include <array>

namespace holdfast::sim {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr Topic kTopic = Topic::kAdversary;

// Preamble, locator and message 1 of a resume; and no answer to any message 1 is longer.
constexpr uint64_t kFirstBytes = 130;
constexpr uint64_t kAnswerBytes = 114;
// Small records, as they are about handshakes: prefix, ACK and tag.
constexpr uint64_t kSmallRecordBytes = 40;
constexpr uint64_t kEmptyRecordBytes = 2 + 16;
constexpr uint64_t kMessagesMax = 40;

class AdversaryGenerator {
 public:
  AdversaryGenerator(Choices& choices, Profile profile, Duration round_trip_max, Plan& plan)
      : c_(choices), small_(profile == Profile::kSmall), round_trip_max_(round_trip_max), plan_(plan) {}

  void Draw() {
    if (!Chance(1, small_ ? 10 : 5)) return;
    const bool intrudes = Half();
    const bool answers = Chance(1, 3);
    const bool tampers = (!intrudes && !answers) || Half();
    const uint64_t most = small_ ? 1 : 4;
    for (uint64_t i = tampers ? c_.Between(kTopic, 1, most) : 0; i > 0; --i) plan_.faults.push_back(DrawTampering());
    for (uint64_t i = intrudes ? c_.Between(kTopic, 1, most) : 0; i > 0; --i) plan_.faults.push_back(DrawIntrusion());
    for (uint64_t i = answers ? c_.Between(kTopic, 1, most / 2 + 1) : 0; i > 0; --i) {
      plan_.faults.push_back(DrawImpostor());
    }
  }

 private:
  bool Chance(uint64_t numerator, uint64_t denominator) { return c_.Chance(kTopic, numerator, denominator); }
  bool Half() { return Chance(1, 2); }
  uint32_t Below(uint64_t bound) { return static_cast<uint32_t>(c_.Below(kTopic, bound)); }
  Duration Span(Duration min, Duration max) {  // Log-uniform, in whole microseconds.
    return microseconds(c_.LogUniform(kTopic, static_cast<uint64_t>(duration_cast<microseconds>(min).count()),
                                      static_cast<uint64_t>(duration_cast<microseconds>(max).count())));
  }
  // How many transports the client will have, at least, if every death strikes.
  uint64_t TransportsOf(uint32_t client) const {
    return 1 + static_cast<uint64_t>(std::ranges::count_if(plan_.faults, [client](const Fault& fault) {
             return fault.client == client && IsDeath(fault.kind);
           }));
  }
  uint32_t AnyClient() { return Below(plan_.clients.size()); }

  Fault DrawTampering();
  void DrawPlace(Fault& fault);
  Fault DrawIntrusion();
  Fault DrawImpostor();
  void DrawSource(Fault& fault, uint64_t message);
  void DrawNoise(Fault& fault);

  Choices& c_;
  const bool small_;
  const Duration round_trip_max_;
  Plan& plan_;
};

Fault AdversaryGenerator::DrawTampering() {
  Fault fault = FaultOf(FaultKind::kTamper);
  fault.client = AnyClient();
  fault.transport = Below(TransportsOf(fault.client) + 1);
  fault.direction = Half() ? Direction::kUp : Direction::kDown;
  DrawPlace(fault);
  constexpr std::array<uint64_t, 4> kWeights = {4, 2, 3, 3};
  fault.how = static_cast<Tampering>(c_.Weighted(kTopic, kWeights));
  if (fault.how == Tampering::kFlip) {
    fault.bit = c_.Below(kTopic, 8);
    return fault;
  }
  // Whole messages, mostly: what is not cut at their borders is not understood anyway.
  if (fault.message != kAll && Chance(3, 4)) fault.byte = 0;
  if (fault.how == Tampering::kOmit) {
    if (fault.message == kAll || Half()) fault.size = c_.LogUniform(kTopic, 1, 300);
  } else if (Chance(2, 3)) {
    DrawSource(fault, fault.message);
  } else {
    DrawNoise(fault);
    // It is read where a record is due; and a session whose first record is lost may be lost with it.
    if (fault.with == Forging::kFramed && fault.message != kAll) {
      fault.message = std::max<uint64_t>(fault.message, fault.transport == 0 && Chance(2, 3) ? 2 : 1);
      fault.byte = 0;
    }
  }
  return fault;
}

void AdversaryGenerator::DrawPlace(Fault& fault) {
  constexpr std::array<uint64_t, 4> kWeights = {3, 3, 4, 1};
  const size_t place = c_.Weighted(kTopic, kWeights);
  if (place == 3) {
    fault.byte = c_.LogUniform(kTopic, 0, plan_.clients[fault.client].stream(fault.direction).bytes + 300);
    return;
  }
  fault.message = place == 2 ? c_.LogUniform(kTopic, 1, kMessagesMax) : place;
  // A client of XX whose message 3 is lost never gets on, which is soon known.
  const bool greets = plan_.clients[fault.client].settings.static_key && fault.direction == Direction::kUp;
  if (greets && fault.transport == 0 && fault.message <= 1 && Chance(7, 8)) fault.message += 2;
  // Faults that wait for the transports of a session find less of one that begins on a later one.
  if (fault.transport == 0 && fault.message == 0 && Chance(2, 3)) ++fault.transport;
  if (fault.message == 0) {
    fault.byte = c_.Below(kTopic, fault.direction == Direction::kUp ? kFirstBytes : kAnswerBytes);
  } else if (Chance(1, 3)) {
    fault.byte = c_.Below(kTopic, 2);  // Of the length.
  } else {
    fault.byte = Half() ? c_.Below(kTopic, kSmallRecordBytes) : c_.LogUniform(kTopic, 0, 2000);
  }
}

// Of the same transport or an earlier one of the same client, or of any of another; of the same direction, mostly.
void AdversaryGenerator::DrawSource(Fault& fault, uint64_t message) {
  fault.from_client = Chance(2, 3) ? fault.client : AnyClient();
  fault.from_transport =
      fault.from_client == fault.client ? Below(fault.transport + 1) : Below(TransportsOf(fault.from_client));
  fault.from_direction = Chance(3, 4) ? fault.direction : Opposite(fault.direction);
  if (message == kAll || Chance(1, 8)) {
    fault.from_byte = c_.LogUniform(kTopic, 0, 1000);
    fault.size = c_.LogUniform(kTopic, 1, 1000);
    return;
  }
  fault.from_message = Half() ? message : c_.Below(kTopic, message + 2);
  if (Chance(1, 8)) fault.size = c_.LogUniform(kTopic, 1, kFirstBytes);
}

void AdversaryGenerator::DrawNoise(Fault& fault) {
  fault.with = Chance(1, 3) ? Forging::kNoise : Forging::kFramed;
  fault.from_byte = c_.Below(kTopic, 1000);
  fault.size = c_.LogUniform(kTopic, 1, 1000);
  // A record is hardly ever looked at unless all that it announces comes; the shortest has nothing but a tag.
  if (fault.with == Forging::kFramed) fault.size += kEmptyRecordBytes - 1;
  if (fault.with == Forging::kFramed && Half()) fault.size = kEmptyRecordBytes;
}

// A recorded message 1, mostly: at once, when its session is on that transport or has left it, or when all is over.
Fault AdversaryGenerator::DrawIntrusion() {
  Fault fault = FaultOf(FaultKind::kIntrude);
  fault.client = fault.from_client = AnyClient();
  fault.from_transport = Below(TransportsOf(fault.client) + 1);
  constexpr std::array<uint64_t, 5> kWeights = {6, 2, 1, 1, 2};
  switch (c_.Weighted(kTopic, kWeights)) {
    case 0:
      fault.from_message = 0;
      break;
    case 1:  // And all that followed it.
      break;
    case 2:  // Not all of it.
      fault.from_message = 0;
      fault.size = c_.Between(kTopic, 1, kFirstBytes);
      break;
    case 3:  // What the server had answered.
      fault.from_direction = Direction::kDown;
      fault.from_message = c_.Below(kTopic, 3);
      break;
    default:
      DrawNoise(fault);
  }
  if (Chance(2, 5)) fault.bit = c_.Below(kTopic, 8 * kFirstBytes);
  if (Chance(2, 3)) {
    fault.transport = fault.from_transport + Below(3);
    fault.age = Half() ? Span({}, milliseconds(5000))
                       : round_trip_max_ * static_cast<int64_t>(c_.LogUniform(kTopic, 1, 640)) / 16;
  } else {
    fault.at = Span(milliseconds(1), std::max<Duration>(plan_.heal, milliseconds(2)));
  }
  if (Chance(1, 3)) fault.pace = Span(microseconds(1), milliseconds(100));
  if (Chance(1, 3)) fault.lasting = Span({}, milliseconds(20000));
  return fault;
}

Fault AdversaryGenerator::DrawImpostor() {
  Fault fault = FaultOf(FaultKind::kImpostor);
  fault.client = AnyClient();
  fault.dial = Below(TransportsOf(fault.client) + 2);
  if (fault.dial == 0 && Chance(2, 3)) ++fault.dial;  // Likewise.
  constexpr std::array<uint64_t, 3> kWeights = {4, 1, 2};
  fault.with = static_cast<Forging>(c_.Weighted(kTopic, kWeights));
  if (fault.with == Forging::kReflected) return fault;
  if (fault.with == Forging::kNoise) {  // Or it is framed.
    DrawNoise(fault);
  } else {
    fault.direction = Direction::kDown;
    fault.transport = fault.dial;
    DrawSource(fault, 0);
    fault.direction = Direction::kUp;
    fault.transport = 0;
  }
  if (Chance(1, 4)) fault.bit = c_.Below(kTopic, 8 * kAnswerBytes);
  if (Chance(1, 3)) fault.pace = Span(microseconds(1), milliseconds(100));
  return fault;
}

}  // namespace

void DrawAdversary(Choices& choices, Profile profile, Duration round_trip_max, Plan& plan) {
  AdversaryGenerator(choices, profile, round_trip_max, plan).Draw();
}

}  // namespace holdfast::sim
