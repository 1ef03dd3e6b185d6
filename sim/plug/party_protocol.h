#pragma once

// PartyProtocol: two types with the verbs of party.h as the protocol of worlds.

#include <functional>
#include <memory>
#include <utility>

#include "sim/plug/any_party.h"

namespace holdfast::sim {

// A T as an AnyParty.
template <typename T>
class PartyOf final : public AnyParty {
 public:
  explicit PartyOf(T party) : party_(std::move(party)) {}

  void TransportOpened(Time now, TransportId id) override { party_.TransportOpened(now, id); }
  void TransportClosed(Time now, TransportId id) override { party_.TransportClosed(now, id); }
  void DialFailed(Time now) override {
    if constexpr (verb::DialFailed<T>) party_.DialFailed(now);
  }
  void Receive(Time now, TransportId id, ByteSpan bytes) override { party_.Receive(now, id, bytes); }
  size_t Send(Time now, ByteSpan bytes) override { return party_.Send(now, bytes); }
  void Finish(Time now) override { party_.Finish(now); }
  std::optional<Output> Poll(Time now) override { return party_.Poll(now); }
  Time Deadline() const override { return party_.Deadline(); }
  void Tick(Time now) override { party_.Tick(now); }
  size_t MemoryBytes() const override {
    if constexpr (verb::MemoryBytes<T>) return party_.MemoryBytes();
    return 0;
  }
  uint64_t StateDigest() const override {
    if constexpr (verb::StateDigest<T>) return party_.StateDigest();
    return 0;
  }
  std::unique_ptr<AnyParty> Clone() const override {
    if constexpr (std::copy_constructible<T>) return std::make_unique<PartyOf>(party_);
    return nullptr;
  }

 private:
  T party_;
};

template <typename C, typename S>
class PartyProtocol final : public Protocol {
 public:
  // Each world makes its own pair by these; by default with no arguments.
  explicit PartyProtocol(
      ProtocolTraits traits, std::function<C()> make_client = [] { return C(); },
      std::function<S()> make_server = [] { return S(); })
      : traits_(traits), make_client_(std::move(make_client)), make_server_(std::move(make_server)) {
    CheckClientParty<C>();
    CheckServerParty<S>();
  }

  const ProtocolTraits& traits() const override { return traits_; }
  bool CanFork() const override { return std::copy_constructible<C> && std::copy_constructible<S>; }
  std::unique_ptr<Endpoint> MakeClient(const Plan&, uint32_t) const override {
    return MakePartyEndpoint(std::make_unique<PartyOf<C>>(make_client_()), Side::kClient);
  }
  std::unique_ptr<Endpoint> MakeServer(const Plan&) const override {
    return MakePartyEndpoint(std::make_unique<PartyOf<S>>(make_server_()), Side::kServer);
  }

 private:
  ProtocolTraits traits_;
  std::function<C()> make_client_;
  std::function<S()> make_server_;
};

}  // namespace holdfast::sim
