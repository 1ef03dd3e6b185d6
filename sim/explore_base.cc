#include "sim/explore_base.h"

namespace holdfast::sim {

Plan ExploreBase(const ExploreSubject& subject) {
  using std::chrono::milliseconds;
  Plan plan;
  plan.seed = 1;
  plan.heal = std::chrono::seconds(600);
  plan.server.network_key = subject.private_network;
  ClientPlan client;
  client.settings.suite = subject.suite;
  client.settings.static_key = subject.mutual;
  if (subject.private_network) client.settings.network_key = Known::kRight;
  client.up.bytes = client.down.bytes = 48;
  client.up.chunk = client.down.chunk = 24;
  client.up.think = client.down.think = milliseconds(60);
  plan.clients.push_back(client);
  Fault between = FaultOf(FaultKind::kReset);  // Everything has arrived and is acknowledged.
  between.age = milliseconds(45);
  plan.faults.push_back(between);
  return plan;
}

Plan ExploreBaseOf(const ProtocolTraits& traits, const ExploreSubject& subject) {
  Plan plan = ExploreBase(traits.is_holdfast ? subject : ExploreSubject{});
  if (!traits.survives) plan.faults.clear();
  return plan;
}

bool CameToItsEnd(const Plan& plan, const Counters& counters) {
  const ClientPlan& client = plan.clients[0];
  const auto ended = [&](Cause cause) { return counters.endings[static_cast<size_t>(cause)] == 1; };
  if (ended(Cause::kFinished)) return counters.bytes_delivered == client.up.bytes + client.down.bytes;
  return client.settings.static_key && ended(Cause::kNeverConfirmed) && counters.sessions == 0;
}

}  // namespace holdfast::sim
