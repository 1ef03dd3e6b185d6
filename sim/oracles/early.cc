#include "sim/oracles/early.h"

#include <fmt/format.h>

namespace holdfast::sim {

void Early::OnDeliver(const Scene& scene, uint64_t client, uint64_t transport, uint64_t offset, uint64_t size) {
  Last& last = clients_[client];
  if (last.transport != transport) last = {transport, 0};
  last.bytes += size;
  const ClientPlan& plan = scene.plan.clients[client];
  const uint64_t max = plan.up.early ? plan.settings.session.early_bytes_max : 0;
  for (uint64_t byte = offset; last.bytes <= max && byte < offset + size; ++byte) {
    if (MayGoEarly(plan.up, byte)) continue;
    scene.judge.Fail("early", fmt::format("client {}'s byte {} was delivered before transport {} was confirmed; it may "
                                          "not go early",
                                          client, byte, transport));
    return;
  }
  if (last.bytes <= max) return;
  scene.judge.Fail("early",
                   fmt::format("client {}'s bytes from {} on were delivered before transport {} was confirmed, "
                               "{} out of it so far; {} may go early",
                               client, offset, transport, last.bytes, max));
}

}  // namespace holdfast::sim
