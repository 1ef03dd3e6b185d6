#include "sim/oracles/attempts.h"

#include <fmt/format.h>

namespace holdfast::sim {

void Attempts::OnUnconfirmed(const Scene& scene, uint64_t client, uint64_t transport, uint64_t before,
                             uint64_t after) const {
  if (before == after) return;
  const std::string number = transport == kNoTransport ? "a transport" : fmt::format("transport {}", transport);
  scene.judge.Fail("attempts", fmt::format("what came over {} changed client {}'s session at the server, although the "
                                           "attempt is not confirmed",
                                           number, client));
}

void Attempts::OnIntrusion(const Scene& scene, uint64_t client, uint64_t transport, bool news, uint64_t before,
                           uint64_t after) const {
  if (before == after) return;
  scene.judge.Fail("attempts", fmt::format("what intruder {} said changed client {}'s session at the server, although "
                                           "{}",
                                           transport - kIntruders, client,
                                           news ? "nothing confirmed it" : "it was forged, repeated or too old"));
}

}  // namespace holdfast::sim
