#pragma once

// Adversary: who sits on the path until the heal, and does what the plan's faults say. He reads everything, keeps what
// the plan will have him say again, changes bytes on their way, opens transports of his own and answers dials. He has
// no key. The network asks him about every byte; he knows no endpoint.

#include <array>
#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "sim/plan.h"
#include "sim/stream_link.h"

namespace holdfast::sim {

// Of one direction of a transport he keeps so much; and so much he says, or makes up, at most.
inline constexpr uint64_t kTapeBytesMax = 65536;

class Adversary {
 public:
  void Reset(const Plan& plan);
  bool active() const { return active_; }

  // The plan has got a further fault.
  void FaultAdded(const Plan& plan, uint32_t fault);

  // --- What he reads ---
  // An endpoint begins its next message on that transport. True if he waits for a byte of it.
  bool OnMessage(const Plan& plan, const StreamLink& link, uint32_t index, Direction direction, uint64_t size);
  // What it got rid of, from that offset on.
  void OnWritten(const StreamLink& link, Direction direction, uint64_t offset, ByteSpan bytes);

  // Which byte of its transport and direction the fault waits for; kAll: not known yet.
  uint64_t PlaceOf(const Plan& plan, uint32_t fault) const;

  // --- What he does to bytes on their way ---
  // He sets about it: `forged` comes between now, and what the writer writes next is changed by Pass. False: he cannot.
  bool Tamper(const Plan& plan, uint32_t fault, const StreamLink& link, uint32_t index, Bytes& forged);
  bool tampers(uint32_t index) const { return index < hands_.size() && hands_[index].tampered; }
  // What becomes of the writer's next bytes: from the first on, `taken` of them are dealt with, and go on as `out`.
  struct Passed {
    size_t taken;
    Bytes out;
  };
  Passed Pass(uint32_t index, Direction direction, ByteSpan bytes);

  // --- What he says himself ---
  // Empty if there is no such record.
  Bytes Forge(const Plan& plan, uint32_t fault) const;

  // On a link, as if he were one side of it; in the pace of the fault.
  struct Speech {
    uint32_t fault;
    uint32_t link;
    Side as;
    Bytes bytes;
    size_t said = 0;
  };
  uint32_t AddSpeech(Speech speech);
  Speech& speech(uint32_t index) { return speeches_[index]; }

  // Links that are his at one side.
  struct Own {
    uint32_t fault;
    uint32_t link;
    Side side;           // Which of the two is he.
    bool begun = false;  // An impostor has been told something.
  };
  std::vector<Own>& own() { return own_; }
  uint64_t intruders() const { return intruders_; }
  void AddOwn(Own own);

  // He is gone.
  void Leave();

 private:
  struct Tape {
    Bytes bytes;
    std::vector<uint64_t> messages;  // Where each begins.
  };
  struct Recording {
    uint32_t client;
    uint32_t transport;
    std::array<Tape, 2> tapes;  // By direction.
  };
  struct Grip {
    uint64_t messages = 0;  // Begun so far.
    uint64_t message_end = 0;
    uint64_t omit = 0;  // Of the writer's next bytes.
    uint8_t flip = 0;   // In its next byte.
  };
  struct Hand {
    std::array<Grip, 2> grips;  // By direction.
    bool tampered = false;
  };
  Tape* TapeOf(uint64_t client, uint64_t transport, Direction direction);
  Hand& HandOn(uint32_t index);
  void Watch(const Fault& fault);

  bool active_ = false;
  std::vector<Recording> recordings_;
  std::vector<Hand> hands_;       // By link.
  std::vector<uint64_t> places_;  // By fault: of one that waits for a message, once that has begun.
  std::vector<Speech> speeches_;
  std::vector<Own> own_;
  uint64_t intruders_ = 0;
};

}  // namespace holdfast::sim
