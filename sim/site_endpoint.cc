#include "sim/site_endpoint.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/random.h"

namespace holdfast::sim {
namespace {

class Site final : public Endpoint {
 public:
  explicit Site(std::vector<std::unique_ptr<Endpoint>> servers) : servers_(std::move(servers)) {
    HOLDFAST_CHECK(!servers_.empty());
  }

  TransportId TransportOpened(Time now, const Arrival& arrival) override {
    return Outer(arrival.server, servers_[arrival.server]->TransportOpened(now, arrival));
  }
  void TransportClosed(Time now, TransportId t) override { Of(t).TransportClosed(now, Inner(t)); }
  void DialFailed(Time) override {}
  void Receive(Time now, TransportId t, ByteSpan bytes) override { Of(t).Receive(now, Inner(t), bytes); }
  void SetWritable(Time now, TransportId t, bool writable) override { Of(t).SetWritable(now, Inner(t), writable); }
  void Judge(Time now, SessionId s, const PublicKey& key, bool accept) override {
    Of(s).Judge(now, Inner(s), key, accept);
  }
  void SetClock(Time now, WallTime wall) override {
    for (auto& server : servers_) server->SetClock(now, wall);
  }
  size_t Send(Time now, SessionId s, ByteSpan bytes, bool early) override {
    return Of(s).Send(now, Inner(s), bytes, early);
  }
  void Consumed(Time now, SessionId s, uint64_t bytes) override { Of(s).Consumed(now, Inner(s), bytes); }
  void Finish(Time now, SessionId s) override { Of(s).Finish(now, Inner(s)); }
  void Abort(Time now, SessionId s, uint64_t code) override { Of(s).Abort(now, Inner(s), code); }

  std::optional<Parcel> Export(Time now, SessionId s, bool live, Entropy& ticket, Entropy& entropy) override {
    std::optional<Parcel> parcel = Of(s).Export(now, Inner(s), live, ticket, entropy);
    if (parcel) {
      parcel->server = PlaceOf(s);
      parcel->transport = Outer(parcel->server, parcel->transport);
    }
    return parcel;
  }
  std::optional<Unpacked> Import(Time now, const Parcel& parcel, Duration away, Entropy& ticket) override {
    std::optional<Unpacked> in = servers_[parcel.server]->Import(now, parcel, away, ticket);
    if (in) *in = {Outer(parcel.server, in->session), Outer(parcel.server, in->transport)};
    return in;
  }

  std::optional<Event> Poll(Time now, Entropy& entropy) override {
    for (uint32_t i = 0; i < servers_.size(); ++i) {
      std::optional<Event> event = servers_[i]->Poll(now, entropy);
      if (!event) continue;
      event->transport = Outer(i, event->transport);
      event->session = Outer(i, event->session);
      return event;
    }
    return std::nullopt;
  }
  Time Deadline() const override {
    Time first = kNever;
    for (const auto& server : servers_) first = std::min(first, server->Deadline());
    return first;
  }
  void Tick(Time now) override {
    for (auto& server : servers_) server->Tick(now);
  }

  std::optional<SessionView> View(SessionId s) const override {
    std::optional<SessionView> view = Of(s).View(Inner(s));
    if (view) {
      view->attached = Outer(PlaceOf(s), view->attached);
      view->candidate = Outer(PlaceOf(s), view->candidate);
    }
    return view;
  }
  std::optional<uint64_t> State(SessionId s) const override { return Of(s).State(Inner(s)); }
  EndpointCensus Census() const override {
    EndpointCensus sum;
    for (const auto& server : servers_) {
      const EndpointCensus one = server->Census();
      sum.transports += one.transports;
      sum.handshakes += one.handshakes;
      sum.embryos += one.embryos;
      sum.sessions += one.sessions;
      sum.tombstones += one.tombstones;
    }
    return sum;
  }
  EndpointMemory Memory() const override {
    EndpointMemory sum;
    for (const auto& server : servers_) {
      const EndpointMemory one = server->Memory();
      sum.handshake_bytes += one.handshake_bytes;
      sum.session_bytes += one.session_bytes;
    }
    return sum;
  }
  std::optional<SealMark> LastSeal(TransportId t) const override { return Of(t).LastSeal(Inner(t)); }
  uint64_t StateDigest() const override {
    uint64_t digest = 0;
    for (const auto& server : servers_) digest = Mix64(digest ^ server->StateDigest());
    return digest;
  }
  uint64_t SessionDigest(SessionId s) const override { return Of(s).SessionDigest(Inner(s)); }
  uint64_t WholeSessionDigest(SessionId s) const override { return Of(s).WholeSessionDigest(Inner(s)); }
  std::unique_ptr<Endpoint> Fork(const ForkKey& key) const override {
    std::vector<std::unique_ptr<Endpoint>> copies;
    for (const auto& server : servers_) copies.push_back(server->Fork(key));
    return std::make_unique<Site>(std::move(copies));
  }

 private:
  // The n-th id of the i-th of k servers is number (n - 1) k + i + 1 of the site; 0 is nothing everywhere.
  template <typename Id>
  Id Outer(uint32_t place, Id inner) const {
    const auto n = static_cast<uint64_t>(inner);
    return n == 0 ? inner : Id{(n - 1) * servers_.size() + place + 1};
  }
  template <typename Id>
  Id Inner(Id outer) const {
    const auto n = static_cast<uint64_t>(outer);
    return n == 0 ? outer : Id{(n - 1) / servers_.size() + 1};
  }
  template <typename Id>
  uint32_t PlaceOf(Id outer) const {
    const auto n = static_cast<uint64_t>(outer);
    return n == 0 ? 0 : static_cast<uint32_t>((n - 1) % servers_.size());
  }
  template <typename Id>
  Endpoint& Of(Id outer) const {
    return *servers_[PlaceOf(outer)];
  }

  std::vector<std::unique_ptr<Endpoint>> servers_;
};

}  // namespace

std::unique_ptr<Endpoint> MakeSite(std::vector<std::unique_ptr<Endpoint>> servers) {
  return std::make_unique<Site>(std::move(servers));
}

}  // namespace holdfast::sim
