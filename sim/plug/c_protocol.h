#pragma once

// CProtocol: ends behind the C interface (holdfast_plugin.h) as the protocol of worlds.

#include <optional>
#include <string>

#include "sim/endpoint.h"
#include "sim/plug/holdfast_plugin.h"

namespace holdfast::sim {

// What is wrong with a plug-in before it is used: another version, or a function that is missing, by name.
std::optional<std::string> ProblemOf(const holdfast_plugin* plugin);

class CProtocol final : public Protocol {
 public:
  // Without a problem; it must outlive the protocol.
  explicit CProtocol(const holdfast_plugin& plugin);

  const ProtocolTraits& traits() const override { return traits_; }
  bool CanFork() const override { return plugin_.clone != nullptr; }
  std::unique_ptr<Endpoint> MakeClient(const Plan& plan, uint32_t client) const override;
  std::unique_ptr<Endpoint> MakeServer(const Plan& plan) const override;

 private:
  const holdfast_plugin& plugin_;
  ProtocolTraits traits_;
};

}  // namespace holdfast::sim
