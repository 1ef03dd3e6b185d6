#pragma once

// LegacyProtocol: the legacy profile (core/legacy, docs/legacy.md) as the protocol of worlds: both ends ours, or one of
// them a model of the original. INSECURE, whoever implements it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/legacy/original.h"
#include "sim/endpoint.h"

namespace holdfast::sim {

struct LegacyEnds {
  // Nothing: that end is ours.
  std::optional<legacy::OriginalDefects> original_client = {};
  std::optional<legacy::OriginalDefects> original_server = {};
  // The applications know what the original cannot do (sim/legacy/conversation.h).
  bool careful = false;
};

class LegacyProtocol final : public Protocol {
 public:
  explicit LegacyProtocol(const LegacyEnds& ends = {}, std::string_view name = "legacy");

  const ProtocolTraits& traits() const override { return traits_; }
  std::unique_ptr<Endpoint> MakeClient(const Plan& plan, uint32_t client) const override;
  std::unique_ptr<Endpoint> MakeServer(const Plan& plan) const override;

 private:
  LegacyEnds ends_;
  ProtocolTraits traits_;
};

}  // namespace holdfast::sim
