#pragma once

// Application: who uses one end of a session: sends its stream as the plan says, in chunks and with pauses, says when
// it is finished, counts what it is given, and may give up. It takes what Send accepts and waits for SpaceAvailable.

#include <cstdint>

#include "sim/endpoint.h"
#include "sim/stage.h"

namespace holdfast::sim {

class Application {
 public:
  Application() = default;
  // A client's exists from the start, a server's from the moment its session is open.
  Application(const Stage& stage, uint32_t client, Side side, SessionId session, uint64_t label);

  // Does all that is to be done now. True if it called a verb of the endpoint, which is then to be polled.
  bool Pump(Stage& stage, Endpoint& endpoint, Bytes& scratch);

  // When it will have something to do by itself; kNever if only events can move it.
  Time NextWork(const Stage& stage) const;

  // --- What the endpoint told it ---
  void OnDeliver(const Stage& stage, uint64_t offset, uint64_t size);
  void OnPeerFinished(const Stage& stage);
  void OnSpace() { waits_for_space_ = false; }
  void OnEnded() { over_ = true; }
  void OnExported() {
    away_ = true;
    session_ = SessionId::kNone;
  }
  void OnLost() {  // With all that its endpoint knew.
    over_ = true;
    session_ = SessionId::kNone;
  }
  // What was not consumed is lost with the owner before, unless the application moved with its session.
  void OnImported(SessionId session, bool live);

  uint32_t client() const { return client_; }
  SessionId session() const { return session_; }  // As its endpoint knows it now; none while it is away.
  uint64_t label() const { return label_; }       // As traces and oracles do: its first id, wherever it moves.
  uint64_t deeds() const { return deeds_; }       // How often it has called a verb of its endpoint.
  uint64_t delivered() const { return delivered_; }
  uint64_t consumed() const { return says_consumed_ ? consumed_ : delivered_; }
  bool away() const { return away_; }
  bool over() const { return over_; }

  Time scheduled = kNever;  // The host's: the earliest kClientApp or kServerApp.

 private:
  const Stream& StreamOf(const Stage& stage) const { return stage.plan.clients[client_].stream(DirectionFrom(side_)); }
  const Stream& ReadStreamOf(const Stage& stage) const {
    return stage.plan.clients[client_].stream(Opposite(DirectionFrom(side_)));
  }
  Actor actor() const { return side_ == Side::kClient ? Actor::Client(client_) : Actor::Server(); }
  bool Owns(const Abort& abort) const { return abort.client == client_ && abort.by == side_; }
  Time StartTime(const Stream& stream) const;
  Time FinishTime(const Stream& stream) const;
  bool TryAbort(Stage& stage, Endpoint& endpoint);
  bool TrySend(Stage& stage, Endpoint& endpoint, Bytes& scratch);
  bool TryFinish(Stage& stage, Endpoint& endpoint);
  void SendTooLate(Stage& stage, Endpoint& endpoint);
  bool TryConsume(Stage& stage, Endpoint& endpoint);

  uint32_t client_ = 0;
  Side side_ = Side::kClient;
  SessionId session_ = SessionId::kNone;
  uint64_t label_ = 0;
  Time born_ = {};
  Time peer_began_ = kNever;  // The first byte or the end of its stream.
  Time peer_finished_ = kNever;
  Time sent_all_ = kNever;
  Time next_send_ = {};
  uint64_t deeds_ = 0;
  uint64_t sent_ = 0;
  uint64_t delivered_ = 0;
  uint64_t consumed_ = 0;  // All that was delivered, unless it says so itself.
  Time next_consume_ = {};
  bool says_consumed_ = false;
  uint64_t accepts_max_ = 0;  // More than this Send can never accept.
  bool has_aborts_ = false;
  bool waits_for_space_ = false;
  bool finished_ = false;
  bool aborted_ = false;
  bool over_ = false;
  bool away_ = false;
};

}  // namespace holdfast::sim
