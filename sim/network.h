#pragma once

// Network: all links of a world, and the faults of its plan, which strike links and dials. It schedules what is to
// happen and says what has come of it; the world tells the hosts.

#include <cstdint>
#include <span>
#include <vector>

#include "sim/adversary.h"
#include "sim/stage.h"
#include "sim/stream_link.h"

namespace holdfast::sim {

inline constexpr uint32_t kNoLink = UINT32_MAX;

class Network {
 public:
  // An empty network; the plan's faults that strike at a time, and the heal, are scheduled.
  void Reset(Stage& stage);

  // A client dials. What comes of it, and when, is the plan's business: kConnect or kAccept or nothing will follow.
  uint32_t Dial(Stage& stage, uint32_t client);

  // The client's dials go to that server of the site from now on.
  void DirectTo(uint32_t client, uint32_t server) { clients_[client].server = server; }

  // The client side exists from now on: the transport has its number, and faults that wait for it are scheduled.
  void Connected(Stage& stage, uint32_t link);

  StreamLink& link(uint32_t index) { return links_[index]; }
  const StreamLink& link(uint32_t index) const { return links_[index]; }
  uint32_t link_count() const { return link_count_; }

  // Transports that died after their first byte and before the server's session was on them.
  uint64_t HandshakeCuts() const;

  // The side's endpoint writes its next message, whose bytes come by Write, maybe in parts.
  void BeginMessage(const Stage& stage, uint32_t link, Side from, uint64_t size);

  // Bytes from a side. Takes what there is room for, see Pipe; faults that wait for one of these bytes strike.
  size_t Write(Stage& stage, uint32_t link, Side from, ByteSpan bytes);

  // The side writes no more.
  void End(Stage& stage, uint32_t link, Side from);

  // kArrive has come: what comes out of the pipe now, see Pipe::Take. Empty: nothing, it was rescheduled or the end
  // came.
  ByteSpan Arriving(Stage& stage, uint32_t link, Direction direction);
  // ...and has been given to its reader: the next may come, and the writer has room again.
  void Arrived(Stage& stage, uint32_t link, Direction direction);

  // Whether the side must be told that the transport is gone: the other side's end came, or it learns of a death.
  bool SeesEnd(const Stage& stage, uint32_t link, Side side) const;

  // kLearn has come. True: the side learns now; otherwise it does when nothing is under way to it any more.
  bool Learns(uint32_t link, Side side);

  // The fault strikes the client: on `link`, or if that is kNoLink, on what it opened last. What strikes hosts, or
  // waits for dials, is none of the network's: false.
  bool Strike(Stage& stage, uint32_t fault, uint32_t client, uint32_t link);
  // It struck, maybe not for the first time. `client`: kEveryClient if it is the server's.
  void CountFault(Stage& stage, uint32_t fault, uint32_t client, uint64_t number);

  // The server is gone, and all its ends of transports with it: clients learn as the restart says. What they have
  // dialed and dial until it is up is refused.
  void CutServer(Stage& stage, uint32_t fault);
  void ServerIsUp() { server_is_up_ = true; }

  // --- The adversary ---
  // kAdversary has come: he says the next of what he has to say.
  void Speak(Stage& stage, uint32_t speech);
  // Whether he, and no endpoint, reads what comes out of that pipe...
  bool IsHeardByImpostor(uint32_t link, Direction direction) const {
    return direction == Direction::kUp && links_[link].fate() == DialFate::kImpostor;
  }
  // ...and then he does.
  void Overhear(Stage& stage, uint32_t link, ByteSpan bytes);

  // The plan has got a further fault.
  void FaultAdded(Stage& stage, uint32_t fault);

  // The network is good from now on.
  void Heal(Stage& stage);

 private:
  void ScheduleArrival(Stage& stage, uint32_t link, Direction direction);
  void FindByteFault(const Stage& stage, StreamLink& link);
  void StrikeAtByte(Stage& stage, uint32_t link, Direction direction);
  bool Kill(Stage& stage, uint32_t fault, uint32_t link);
  void Die(Stage& stage, uint32_t link, const Fault& how);
  bool Stall(Stage& stage, uint32_t fault, uint32_t link);
  bool Tamper(Stage& stage, uint32_t fault, uint32_t link);
  bool Intrude(Stage& stage, uint32_t fault);
  uint32_t AddLink(Stage& stage, uint32_t client, uint32_t dial, DialFate fate);
  size_t Pass(Stage& stage, uint32_t link, Direction direction, ByteSpan bytes);

  struct ClientLinks {
    uint32_t dials = 0;
    uint32_t transports = 0;
    uint32_t opened_last = kNoLink;
    uint32_t server = 0;
  };
  std::vector<StreamLink> links_;  // Only the first link_count_ are in use; the others are memory for later.
  uint32_t link_count_ = 0;
  std::vector<ClientLinks> clients_;
  std::vector<uint8_t> struck_;  // By fault.
  Adversary adversary_;
  bool server_is_up_ = true;
};

}  // namespace holdfast::sim
