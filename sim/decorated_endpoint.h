#pragma once

// DecoratedEndpoint: an endpoint that passes everything on to another one, for tests that override a verb or two to
// plant what an oracle must find.

#include <memory>
#include <optional>
#include <utility>

#include "sim/endpoint.h"

namespace holdfast::sim {

class DecoratedEndpoint : public Endpoint {
 public:
  explicit DecoratedEndpoint(std::unique_ptr<Endpoint> inner) : inner_(std::move(inner)) {}

  TransportId TransportOpened(Time now, const Arrival& arrival) override {
    return inner_->TransportOpened(now, arrival);
  }
  void TransportClosed(Time now, TransportId t) override { inner_->TransportClosed(now, t); }
  void DialFailed(Time now) override { inner_->DialFailed(now); }
  void Receive(Time now, TransportId t, ByteSpan bytes) override { inner_->Receive(now, t, bytes); }
  void SetWritable(Time now, TransportId t, bool writable) override { inner_->SetWritable(now, t, writable); }
  void Judge(Time now, SessionId s, const PublicKey& key, bool accept) override { inner_->Judge(now, s, key, accept); }
  void SetClock(Time now, WallTime wall) override { inner_->SetClock(now, wall); }
  size_t Send(Time now, SessionId s, ByteSpan bytes, bool early) override { return inner_->Send(now, s, bytes, early); }
  void Consumed(Time now, SessionId s, uint64_t bytes) override { inner_->Consumed(now, s, bytes); }
  void Finish(Time now, SessionId s) override { inner_->Finish(now, s); }
  void Abort(Time now, SessionId s, uint64_t code) override { inner_->Abort(now, s, code); }
  std::optional<Parcel> Export(Time now, SessionId s, bool live, Entropy& ticket, Entropy& entropy) override {
    return inner_->Export(now, s, live, ticket, entropy);
  }
  std::optional<Unpacked> Import(Time now, const Parcel& parcel, Duration away, Entropy& ticket) override {
    return inner_->Import(now, parcel, away, ticket);
  }
  std::optional<Event> Poll(Time now, Entropy& entropy) override { return inner_->Poll(now, entropy); }
  Time Deadline() const override { return inner_->Deadline(); }
  void Tick(Time now) override { inner_->Tick(now); }
  std::optional<SessionView> View(SessionId s) const override { return inner_->View(s); }
  std::optional<uint64_t> State(SessionId s) const override { return inner_->State(s); }
  EndpointCensus Census() const override { return inner_->Census(); }
  EndpointMemory Memory() const override { return inner_->Memory(); }
  std::optional<SealMark> LastSeal(TransportId t) const override { return inner_->LastSeal(t); }
  uint64_t StateDigest() const override { return inner_->StateDigest(); }
  uint64_t SessionDigest(SessionId s) const override { return inner_->SessionDigest(s); }
  uint64_t WholeSessionDigest(SessionId s) const override { return inner_->WholeSessionDigest(s); }
  std::unique_ptr<Endpoint> Fork(const ForkKey& key) const override {
    return std::make_unique<DecoratedEndpoint>(inner_->Fork(key));
  }

 protected:
  Endpoint& inner() { return *inner_; }
  // For the Fork of whoever has state of its own.
  std::unique_ptr<Endpoint> ForkInner(const ForkKey& key) const { return inner_->Fork(key); }

 private:
  std::unique_ptr<Endpoint> inner_;
};

// Holdfast with both ends inside a decoration of type D.
template <typename D>
class DecoratedHoldfast final : public Protocol {
 public:
  std::unique_ptr<Endpoint> MakeClient(const Plan& plan, uint32_t client) const override {
    return std::make_unique<D>(Holdfast().MakeClient(plan, client));
  }
  std::unique_ptr<Endpoint> MakeServer(const Plan& plan) const override {
    return std::make_unique<D>(Holdfast().MakeServer(plan));
  }
};

}  // namespace holdfast::sim
