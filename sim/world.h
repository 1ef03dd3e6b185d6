#pragma once

// World: clients, a server and the network between them, in virtual time. It takes the next thing from the schedule and
// lets it happen, until everything has ended and every time has run out, or an oracle objects. A pure function of the
// plan; nothing in it is global, so worlds in different threads do not meet; and it can be forked between two steps.
//
//   World world;
//   world.Start(plan, Holdfast());
//   while (world.Step()) continue;

#include <memory>
#include <vector>

#include "sim/endpoint.h"
#include "sim/host.h"
#include "sim/network.h"
#include "sim/stage.h"

namespace holdfast::sim {

struct WorldOptions {
  bool keep_trace = false;           // Rows, not only the hash.
  uint64_t steps_max = 3'000'000;    // More is a violation of liveness.
  bool watch_marks = false;          // Stage::marks.
  const Content* content = nullptr;  // In place of the pattern that follows from the seed.
};

class World {
 public:
  // From the beginning, in the memory of whatever was before. `protocol` must outlive the world.
  void Start(const Plan& plan, const Protocol& protocol, const WorldOptions& options = {});

  // The next thing happens. False: nothing is left to happen, or an oracle has objected.
  bool Step();

  // Until `time` has come or Step has said no.
  void RunUntil(Time time);

  // Another world in the same state, which goes on in the same way.
  World Fork(const ForkKey& key) const;
  // The same in the memory of whatever `copy` was before.
  void ForkInto(World& copy, const ForkKey& key) const;

  // A further fault, from now on. Its place must still lie ahead; then the world goes on as that of the plan with this
  // fault does.
  void AddFault(const Fault& fault);

  // Of a trace that is kept: see Trace::ForgetBut.
  void ForgetTraceBut(size_t rows) { stage_.trace.ForgetBut(rows); }

  const Stage& stage() const { return stage_; }
  const Network& network() const { return network_; }
  const Host& client(uint32_t index) const { return clients_[index]; }
  const Host& server() const { return server_; }
  uint64_t steps() const { return steps_; }
  bool done() const { return done_; }
  bool all_ended() const { return all_ended_; }
  Time healed_at() const { return healed_at_; }  // kNever before.
  Time ended_at() const { return ended_at_; }    // When the last application had its end.

 private:
  void Happen(const Scheduled& what);
  void Arrive(uint32_t link, Direction direction);
  void Learn(uint32_t link, Side side);
  void StrikeFault(uint32_t fault, uint32_t link);
  void StrikeHost(uint32_t fault, uint32_t client);
  void TakeServerDown(uint32_t fault);
  void SetClock(const ClockRule& rule);
  void Heal();
  void NoteEnd();
  void BreakOff();
  bool Finish();
  Host& HostAt(uint32_t link, Side side);

  const Protocol* protocol_ = nullptr;
  Stage stage_;
  Network network_;
  std::vector<Host> clients_;
  Host server_;
  WorldOptions options_;
  uint64_t steps_ = 0;
  bool done_ = false;
  bool all_ended_ = false;
  Time healed_at_ = kNever;
  Time ended_at_ = {};
};

}  // namespace holdfast::sim
