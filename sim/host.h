#pragma once

// Host: what stands between one endpoint and the world: it tells the endpoint what its transports do, does what the
// endpoint asks for, buffers what a transport does not take, keeps its timer, and runs the applications of its
// sessions. The same for a client, which also dials, and for a server, which learns who a session's client is from its
// transport.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sim/application.h"
#include "sim/endpoint.h"
#include "sim/id_table.h"
#include "sim/network.h"
#include "sim/scarcity.h"
#include "sim/stage.h"
#include "sim/stream_entropy.h"

namespace holdfast::sim {

class Host {
 public:
  Host() = default;
  Host(Host&&) = default;
  Host& operator=(Host&&) = default;

  // A client's host dials when its endpoint first says so.
  void Reset(Stage& stage, Actor actor, std::unique_ptr<Endpoint> endpoint);

  // --- Happenings ---
  void Begin(Stage& stage, Network& network);  // A client's start.
  void OnTimer(Stage& stage, Network& network);
  void OnApplication(Stage& stage, Network& network, uint32_t application);
  void OnDial(Stage& stage, Network& network, uint32_t wish);     // The wait before a dial is over.
  void OnConnect(Stage& stage, Network& network, uint32_t link);  // The dial comes to its end.
  void OnAccept(Stage& stage, Network& network, uint32_t link);
  void OnBytes(Stage& stage, Network& network, uint32_t link, ByteSpan bytes);
  void OnWritable(Stage& stage, Network& network, uint32_t link);
  void OnGone(Stage& stage, Network& network, uint32_t link);
  void OnVerdict(Stage& stage, Network& network, uint32_t question);
  void OnClock(Stage& stage, Network& network, Duration offset);
  void Move(Stage& stage, Network& network, uint32_t fault, uint32_t client);
  void OnImport(Stage& stage, Network& network, uint32_t parcel);
  bool Probe(Stage& stage, Network& network, uint32_t& dial);  // True if it dialed because of it.

  // A server goes down, as a fault of the network's plan says; until it comes up with a new endpoint nothing reaches
  // it.
  void GoDown(Stage& stage, Network& network, uint32_t fault, Time up_at);
  void ComeUp(Stage& stage, Network& network, std::unique_ptr<Endpoint> endpoint);
  bool down() const { return down_; }

  void FindLittleMemory(Stage& stage, Network& network, uint32_t fault);
  void OnPlenty(Stage& stage);

  const Endpoint& endpoint() const { return *endpoint_; }  // Not while it is down.
  const std::vector<Application>& applications() const { return applications_; }
  // Whether the endpoint still has the application's session, or its tombstone.
  bool Knows(const Application& application) const;

  // Makes `copy` a host in the same state.
  void ForkInto(Host& copy, const ForkKey& key) const;

 private:
  // One call of the endpoint, which finds as much memory as its host has.
  class Call {
   public:
    Call(Endpoint* endpoint, size_t largest_block) : endpoint_(endpoint), scarcity_(largest_block) {}
    Endpoint* operator->() const { return endpoint_; }

   private:
    Endpoint* endpoint_;
    Scarcity scarcity_;
  };

  // Owns the endpoint. It is not copied: ForkInto says what it holds.
  class EndpointBox {
   public:
    EndpointBox() = default;
    EndpointBox(EndpointBox&&) = default;
    EndpointBox& operator=(const EndpointBox& other) {
      largest_block_ = other.largest_block_;
      return *this;
    }
    EndpointBox& operator=(EndpointBox&&) = default;
    void reset(std::unique_ptr<Endpoint> endpoint) { endpoint_ = std::move(endpoint); }
    void SetLargestBlock(size_t bytes) { largest_block_ = bytes; }
    size_t largest_block() const { return largest_block_; }
    Endpoint& operator*() const { return *endpoint_; }
    Call operator->() const { return Call(endpoint_.get(), largest_block_); }

   private:
    std::unique_ptr<Endpoint> endpoint_;
    size_t largest_block_ = Scarcity::kNone;
  };

  static constexpr uint64_t kNotSeen = UINT64_MAX;

  // What the world last saw of a session.
  struct Seen {
    trace::State state = {};
    uint64_t table_state = kNotSeen;  // In its end's table of states.
    uint64_t bytes_replayed = 0;
  };

  // The application was asked about a peer's key.
  struct Question {
    SessionId session;
    uint32_t client;
    PublicKey key;
    bool settled = false;  // At a server: the session is open, or forgotten. Until then it was last seen so:
    uint64_t table_state = kNotSeen;
    uint64_t epoch = 0;
  };

  // Of a session at the server, before an adversary said something.
  struct Digests {
    uint32_t application;
    uint64_t session;
    std::optional<uint64_t> whole;  // Nothing: the adversary's transport is its candidate.
    uint64_t deeds;                 // Of the application, whose own they are.
  };

  // A session that is on its way.
  struct Moving {
    Parcel parcel;
    uint32_t application;
    uint32_t link;  // Of a live one.
    Time since;
    Time due;
    bool arrived;
  };

  Host& operator=(const Host&) = default;

  Side side() const { return actor_.is_client() ? Side::kClient : Side::kServer; }
  uint64_t ClientOf(uint32_t application) const { return applications_[application].client(); }

  // Polls until there is nothing more, lets the applications do what they can, and looks at what has changed.
  void Service(Stage& stage, Network& network);
  void Handle(Stage& stage, Network& network, const Event& event);
  void Write(Stage& stage, Network& network, TransportId transport, ByteSpan bytes);
  void Close(Stage& stage, Network& network, TransportId transport, Error why);
  void SessionEvent(Stage& stage, Network& network, const Event& event);
  void OpenSession(Stage& stage, Network& network, const Event& event);
  void Ask(Stage& stage, const Network& network, const Event& event, const PublicKey& key);
  const Question* QuestionOf(SessionId session) const;
  void Confirm(Network& network, TransportId transport, uint32_t application);
  void WantDial(Stage& stage, Network& network, Duration delay);
  void Dial(Stage& stage, Network& network);
  void SetWritable(Stage& stage, Network& network, uint32_t link, bool writable);

  void Save(Stage& stage, uint32_t application, bool kept, Time up_at);
  void Import(Stage& stage, Network& network, uint32_t parcel);
  void SetClock(Stage& stage);
  void SetLargestBlock(Stage& stage, uint64_t largest);

  void Look(Stage& stage, const Network& network, uint32_t application);
  void LookAtQuestions(Stage& stage);
  void LookAtCensus(Stage& stage);
  bool IsAttached(const StreamLink& link) const;
  uint32_t BystanderOf(const StreamLink& link) const;
  uint32_t AddApplication(Stage& stage, uint32_t client, SessionId session);
  uint64_t LabelOf(SessionId session) const { return generation_ << 32 | static_cast<uint64_t>(session); }
  uint64_t DigestOf(uint32_t application) const;
  void TakeDigests(TransportId of);
  void CompareDigests(Stage& stage, const StreamLink& link) const;
  void ScheduleApplication(Stage& stage, uint32_t application);
  void ScheduleTimer(Stage& stage);
  void Touch(uint32_t application);
  uint32_t LinkOf(TransportId transport) const;
  uint64_t NumberOf(const Network& network, TransportId transport) const;
  void LookAtMemory(Stage& stage, const Network& network, uint32_t client, const SessionView& view);
  uint64_t CameOver(const Network& network, TransportId transport) const;  // Bytes that this end was given.
  uint64_t AttachedNumber(const Network& network, TransportId transport) const;
  void Misbehaves(Stage& stage, std::string what);

  Actor actor_;
  EndpointBox endpoint_;
  StreamEntropy entropy_;
  IdTable<TransportId, uint32_t> links_;   // Every transport that the endpoint was handed.
  std::vector<Application> applications_;  // A client's is there from the start.
  std::vector<Seen> seen_;                 // By application.
  std::vector<uint32_t> latest_;           // By client: its latest application at a server,
  std::vector<uint32_t> earlier_;          // and by application the one before. kNoApplication: there is none.
  IdTable<SessionId, uint32_t> sessions_;  // To applications.
  std::vector<Question> questions_;        // In the order in which they were asked.
  uint32_t questions_open_ = 0;            // Of them, at a server: not settled.
  std::vector<Moving> moving_;             // All that ever left, in their order.
  std::vector<uint32_t> touched_;          // Applications whose sessions may have changed.
  EndpointCensus census_;
  uint64_t transports_open_ = 0;
  uint32_t wish_ = 0;        // Number of the last dial asked for.
  bool wish_waits_ = false;  // It has not begun.
  uint32_t dialing_ = kNoLink;
  uint32_t receiving_ = kNoLink;
  Provenance provenance_;  // Of what is being received.
  std::vector<Digests> digests_;
  bool early_ = false;          // What is being received brought bytes before it was confirmed.
  Time timer_ = kNever;         // The earliest that is scheduled.
  uint32_t ticks_in_vain_ = 0;  // In a row, after each of which the deadline was still past.
  bool down_ = false;
  uint64_t generation_ = 0;             // Of endpoints of servers: no two have the same, nor have labels of sessions.
  std::optional<Duration> clock_ = {};  // How far it is off, once it was set.
  Time scarce_until_ = kNever;
  Bytes scratch_;
};

}  // namespace holdfast::sim
