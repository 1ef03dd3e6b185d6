#include "sim/legacy/legacy_protocol.h"

#include "sim/legacy/ours.h"
#include "sim/legacy/parties.h"
#include "sim/plug/party_protocol.h"

namespace holdfast::sim {
namespace {

// Nothing is acknowledged, so whoever sends more than the window in one go may lose it.
constexpr uint64_t kStreamBytesMax = 32768;
// Windows, what waits, and what is on its way between the parts.
constexpr uint64_t kMemoryMax = uint64_t{1} << 19;

template <typename Party>
std::unique_ptr<Endpoint> Made(Party party, Side side) {
  return MakePartyEndpoint(std::make_unique<PartyOf<Party>>(std::move(party)), side);
}

}  // namespace

LegacyProtocol::LegacyProtocol(const LegacyEnds& ends, std::string_view name)
    : ends_(ends), traits_({.name = name, .memory_max = kMemoryMax, .stream_bytes_max = kStreamBytesMax}) {}

std::unique_ptr<Endpoint> LegacyProtocol::MakeClient(const Plan& plan, uint32_t) const {
  if (ends_.original_client) {
    return Made(DialingParty(legacy::OriginalDialer(plan.seed, *ends_.original_client), ends_.careful), Side::kClient);
  }
  return Made(DialingParty(OurDialer(plan.seed), ends_.careful), Side::kClient);
}

std::unique_ptr<Endpoint> LegacyProtocol::MakeServer(const Plan& plan) const {
  if (ends_.original_server) {
    return Made(AcceptingParty(legacy::OriginalAcceptor(plan.seed, *ends_.original_server), ends_.careful),
                Side::kServer);
  }
  return Made(AcceptingParty(OurAcceptor(plan.seed), ends_.careful), Side::kServer);
}

}  // namespace holdfast::sim
