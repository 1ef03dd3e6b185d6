#include "sim/oracles/liveness.h"

#include <fmt/format.h>

namespace holdfast::sim {
namespace {

constexpr uint32_t kResumesThatCount = 8;

// How long the applications themselves may do nothing.
Duration ApplicationPauses(const Plan& plan) {
  Duration longest = {};
  for (const ClientPlan& client : plan.clients) {
    Duration pauses = client.start + client.verdict_delay + client.trust_delay;
    for (const Stream* s : {&client.up, &client.down}) {
      pauses += s->think + s->start_delay + s->finish_delay + s->consume_delay;
    }
    longest = std::max(longest, pauses);
  }
  return longest;
}

}  // namespace

void Liveness::Reset(const Plan& plan) {
  clients_.assign(plan.clients.size(), {});
  const ServerSettings standard;
  const bool crowded = plan.server.sessions_max < standard.sessions_max || HasLittleMemory(plan);
  clients_left_ = plan.clients.size();
  server_sessions_left_ = 0;
  pairs_left_ = 0;
  healed_ = false;
  progress_at_ = {};
  patience_ = 2 * RecoveryTime(plan) + ApplicationPauses(plan);
  patience_alone_ = patience_ + ExpiryTime(plan);
  if (crowded) patience_ = patience_alone_;  // Some wait for room.
  // What was forgotten of greetings is refused until its time is over.
  if (plan.server.replays_max < standard.replays_max) patience_ += 2 * plan.server.clock_window;
  patience_alone_ = std::max(patience_, patience_alone_);
}

void Liveness::On(const Scene& scene, const trace::Heal&) {
  healed_ = true;
  Progress(scene);
}

void Liveness::On(const Scene& scene, const trace::Deliver&) { Progress(scene); }
void Liveness::On(const Scene& scene, const trace::PeerFinished&) { Progress(scene); }
void Liveness::On(const Scene& scene, const trace::Consumed&) { Progress(scene); }
void Liveness::On(const Scene& scene, const trace::Verdict&) { Progress(scene); }
void Liveness::On(const Scene& scene, const trace::Abort&) { Progress(scene); }

void Liveness::On(const Scene& scene, const trace::SessionOpened& event) {
  Progress(scene);
  if (scene.actor.is_client()) return;
  ClientState& client = clients_[event.client];
  ++server_sessions_left_;
  if (!client.ended && client.server_session == 0) ++pairs_left_;
  client.server_session = event.session;
}

void Liveness::On(const Scene& scene, const trace::Resumed& event) {
  if (healed_ && ++clients_[event.client].resumes <= kResumesThatCount) Progress(scene);
}

void Liveness::On(const Scene& scene, const trace::State& event) {
  ClientState& client = clients_[event.client];
  uint64_t& acked = scene.actor.is_client() ? client.acked_up : client.acked_down;
  if (event.acked <= acked) return;
  acked = event.acked;
  Progress(scene);
}

void Liveness::On(const Scene& scene, const trace::Ended& event) {
  Progress(scene);
  ClientState& client = clients_[event.client];
  if (!scene.actor.is_client()) return ServerEnded(client, event.session);
  if (!client.ended && client.server_session != 0) --pairs_left_;
  if (!client.ended) --clients_left_;
  client.ended = true;
}

void Liveness::ServerEnded(ClientState& client, uint64_t session) {
  if (server_sessions_left_ > 0) --server_sessions_left_;
  if (client.server_session != session) return;
  if (!client.ended) --pairs_left_;
  client.server_session = 0;
}

// Nobody will hear more of it there.
void Liveness::On(const Scene&, const trace::Lost& event) {
  if (event.ended == 0) ServerEnded(clients_[event.client], event.session);
}

Time Liveness::Limit(const Scene&) const {
  if (!healed_ || AllEnded()) return kNever;
  return After(progress_at_, pairs_left_ > 0 ? patience_ : patience_alone_);
}

std::string Liveness::WhoIsLeft() const {
  std::string text;
  for (size_t i = 0; i < clients_.size(); ++i) {
    const ClientState& client = clients_[i];
    if (client.ended && client.server_session == 0) continue;
    text += fmt::format("{}client {}'s session{}", text.empty() ? "" : ", ", i,
                        client.ended                 ? " at the server"
                        : client.server_session == 0 ? " at the client"
                                                     : "");
  }
  return text;
}

void Liveness::Check(const Scene& scene, bool anything_scheduled) {
  if (AllEnded()) return;
  if (!anything_scheduled) {
    scene.judge.Fail("liveness", fmt::format("nothing will ever happen again, but {} has not ended", WhoIsLeft()));
  } else if (scene.now > Limit(scene)) {
    const Duration allowed = pairs_left_ > 0 ? patience_ : patience_alone_;
    scene.judge.Fail("liveness", fmt::format("the network is good and nothing got on for {} s, but {} has not ended",
                                             allowed / std::chrono::seconds(1), WhoIsLeft()));
  }
}

}  // namespace holdfast::sim
