#include "sim/oracles/indistinct.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"

namespace holdfast::sim {
namespace {

constexpr const char* kName = "indistinct";

std::string Seconds(Duration time) {
  const auto ns = static_cast<uint64_t>(time.count());
  return fmt::format("{}.{:09} s", ns / 1'000'000'000, ns % 1'000'000'000);
}

std::string NameOfTransport(uint64_t transport) {
  return IsIntruder(transport) ? fmt::format("intruder {}'s transport", transport - kIntruders)
                               : fmt::format("transport {}", transport);
}

// Whether there is one server, with one clock and one memory from the beginning: else it takes a greeting that it
// cannot know to be old.
bool RemembersGreetings(const Plan& plan) {
  if (HasFault(plan, FaultKind::kRestart) || plan.server.servers > 1) return false;
  const auto of_server = [](const ClockRule& rule) { return rule.of == Side::kServer; };
  const auto found = std::ranges::find_if(plan.clocks, of_server);
  return std::ranges::count_if(plan.clocks, of_server) == 1 && found->at == Duration{};
}

bool MayBeAnswered(const Plan& plan, const Question& question) {
  const bool refuses = question.repeated && (question.resume || RemembersGreetings(plan));
  return question.genuine && !refuses;
}

}  // namespace

void Indistinct::Forget(uint64_t client, uint64_t transport) {
  std::erase_if(open_, [&](const Silent& s) { return s.client == client && s.transport == transport; });
}

void Indistinct::On(const Scene& scene, const trace::Opened& event) {
  if (!scene.plan.server.network_key || scene.actor.is_client() || event.transport == kNoTransport) return;
  open_.push_back({event.client, event.transport, scene.now});
}

void Indistinct::On(const Scene& scene, const trace::Write& event) {
  if (!scene.actor.is_client() && !open_.empty()) Forget(event.client, event.transport);
}

void Indistinct::CheckOpen(const Scene& scene, const Silent& silent) const {
  const Duration age = scene.now - silent.accepted;
  if (age <= scene.plan.server.handshake_time) return;
  scene.judge.Fail(kName, fmt::format("{} of client {} brought nothing that the private listener answers, and is "
                                      "still open after {}",
                                      NameOfTransport(silent.transport), silent.client, Seconds(age)));
}

void Indistinct::On(const Scene& scene, const trace::Receive& event) {
  if (scene.actor.is_client()) return;
  for (const Silent& silent : open_) {
    if (silent.client == event.client && silent.transport == event.transport) CheckOpen(scene, silent);
  }
}

void Indistinct::On(const Scene& scene, const trace::Close& event) {
  if (scene.actor.is_client()) return;
  const auto found = std::ranges::find_if(
      open_, [&event](const Silent& s) { return s.client == event.client && s.transport == event.transport; });
  if (found == open_.end()) return;
  const Duration age = scene.now - found->accepted;
  open_.erase(found);
  const auto error = static_cast<Error>(event.error);
  if (error == Error::kTableFull || error == Error::kMemoryFull) return;
  if (age == scene.plan.server.handshake_time) return;
  scene.judge.Fail(kName, fmt::format("the private listener answered nothing on {} of client {} and closed it after "
                                      "{}; on all such it should be after {}",
                                      NameOfTransport(event.transport), event.client, Seconds(age),
                                      Seconds(scene.plan.server.handshake_time)));
}

void Indistinct::On(const Scene& scene, const trace::Closed& event) {
  if (!scene.actor.is_client() && !open_.empty()) Forget(event.client, event.transport);
}

void Indistinct::On(const Scene& scene, const trace::Quiet&) {
  for (const Silent& silent : open_) CheckOpen(scene, silent);
}

void Indistinct::OnHeard(const Scene& scene, uint64_t client, uint64_t transport, const Question& question) {
  if (!open_.empty() && MayBeAnswered(scene.plan, question)) Forget(client, transport);
}

void Indistinct::OnAnswer(const Scene& scene, uint64_t client, uint64_t transport, const Question& question) const {
  if (!scene.plan.server.network_key) return;
  if (MayBeAnswered(scene.plan, question)) return;
  scene.judge.Fail(kName, fmt::format("the private listener answers {} on {} of client {}",
                                      question.genuine ? "what was said before" : "what no member wrote",
                                      NameOfTransport(transport), client));
}

}  // namespace holdfast::sim
