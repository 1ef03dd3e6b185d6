#pragma once

// MixedProtocol: the clients of one protocol and the servers of another: two implementations of one thing, in whatever
// way each is plugged in.

#include <algorithm>
#include <memory>
#include <string>

#include "sim/endpoint.h"

namespace holdfast::sim {

class MixedProtocol final : public Protocol {
 public:
  // Neither is Holdfast itself; both must outlive this one.
  MixedProtocol(const Protocol& clients, const Protocol& servers)
      : clients_(clients),
        servers_(servers),
        name_(std::string(clients.traits().name) + " to " + std::string(servers.traits().name)) {
    traits_.name = name_;
    traits_.survives = clients.traits().survives && servers.traits().survives;
    traits_.memory_max = std::max(clients.traits().memory_max, servers.traits().memory_max);
  }
  MixedProtocol(const MixedProtocol&) = delete;
  MixedProtocol& operator=(const MixedProtocol&) = delete;

  const ProtocolTraits& traits() const override { return traits_; }
  bool CanFork() const override { return clients_.CanFork() && servers_.CanFork(); }
  std::unique_ptr<Endpoint> MakeClient(const Plan& plan, uint32_t client) const override {
    return clients_.MakeClient(plan, client);
  }
  std::unique_ptr<Endpoint> MakeServer(const Plan& plan) const override { return servers_.MakeServer(plan); }

 private:
  const Protocol& clients_;
  const Protocol& servers_;
  std::string name_;
  ProtocolTraits traits_;
};

}  // namespace holdfast::sim
