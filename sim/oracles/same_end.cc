#include "sim/oracles/same_end.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/wire/messages.h"

namespace holdfast::sim {
namespace {

constexpr const char* kName = "same_end";

Cause CauseOf(const trace::Ended& ending) { return static_cast<Cause>(ending.cause); }

bool IsGivingUp(Cause cause) { return cause == Cause::kExpired || cause == Cause::kNeverConfirmed; }

// Whether a client that has a session may rely on the server's having it. Else it may have made room for another one,
// or waits for a third message that is lost or for a verdict, or has gone down, which no unconfirmed session survives.
bool IsKnownOnceOpen(const Plan& plan, uint64_t client) {
  constexpr uint64_t kManyEmbryos = 64;
  return std::min(plan.server.embryos_max, plan.server.embryos_per_source_max) >= kManyEmbryos &&
         !plan.clients[client].settings.static_key && !HasFault(plan, FaultKind::kRestart);
}

std::string TextOf(const trace::Ended& ending) {
  std::string text(NameOf(CauseOf(ending)));
  if (CauseOf(ending) != Cause::kAborted) return text;
  text += fmt::format(" by the {} with {}", NameOf(static_cast<Origin>(ending.origin)), ending.code);
  if (ending.crossed != 0) text += fmt::format(", crossed by {}", ending.peer_code);
  return text;
}

bool IsAbortBy(const trace::Ended& ending, Origin origin) {
  return CauseOf(ending) == Cause::kAborted && ending.origin == static_cast<uint64_t>(origin);
}

}  // namespace

void SameEnd::Reset(const Plan& plan) {
  clients_.assign(plan.clients.size(), {});
  server_ends_.Clear();
  healed_ = false;
}

void SameEnd::On(const Scene& scene, const trace::SessionOpened& event) {
  if (!scene.actor.is_client()) clients_[event.client].server_session = event.session;
}

void SameEnd::On(const Scene& scene, const trace::Abort& event) {
  if (!scene.actor.is_client()) return;
  clients_[event.client].client_aborted = true;
  clients_[event.client].client_code = event.code;
}

void SameEnd::On(const Scene& scene, const trace::Heal&) {
  healed_ = true;
  healed_at_ = scene.now;
}

void SameEnd::On(const Scene&, const trace::Holds& event) { clients_[event.client].held = event.holds != 0; }

void SameEnd::On(const Scene& scene, const trace::Ended& event) {
  const Cause cause = CauseOf(event);
  const bool refused =
      cause == Cause::kRefused && scene.actor.is_client() && IsRefused(scene.plan, static_cast<uint32_t>(event.client));
  if (cause != Cause::kFinished && cause != Cause::kAborted && !IsGivingUp(cause) && !refused) {
    scene.judge.Fail(kName, fmt::format("the {} ended client {}'s session with {}, but both ends "
                                        "are honest",
                                        NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer), event.client,
                                        NameOf(cause)));
  }
  Told& told = scene.actor.is_client() ? clients_[event.client].client : server_ends_.At(event.session);
  told.ended = true;
  told.when = scene.now;
  told.ending = event;
}

void SameEnd::On(const Scene&, const trace::Crossed& event) {
  Told& told = server_ends_.At(event.session);
  told.crossed = true;
  told.crossed_code = event.peer_code;
}

void SameEnd::On(const Scene&, const trace::Unopened& event) {
  if (static_cast<Cause>(event.cause) == Cause::kRefused) clients_[event.client].refused = true;
}

void SameEnd::On(const Scene& scene, const trace::Quiet&) {
  fair_from_ = After(healed_at_, RecoveryTime(scene.plan));
  for (size_t i = 0; i < clients_.size(); ++i) Compare(scene, i, clients_[i]);
}

// Whether the client had no fair chance to hear the server's word.
bool SameEnd::MayDiffer(const ClientEnds& ends) const {
  if (!IsGivingUp(CauseOf(ends.client.ending))) return false;
  return !healed_ || !ends.held || ends.client.when < fair_from_;
}

void SameEnd::Compare(const Scene& scene, uint64_t client, const ClientEnds& ends) const {
  const trace::Ended& mine = ends.client.ending;
  const Told* server = server_ends_.Find(ends.server_session);
  if (ends.server_session == 0) {  // The server never had the session, or never knew that it had.
    if (CauseOf(mine) == Cause::kFinished) {
      scene.judge.Fail(kName, fmt::format("client {} finished a session that the server never opened", client));
    } else if (CauseOf(mine) == Cause::kNeverConfirmed && healed_ && IsKnownOnceOpen(scene.plan, client) &&
               ends.client.when >= After(healed_at_, RecoveryTime(scene.plan))) {
      scene.judge.Fail(kName,
                       fmt::format("client {} was never confirmed, although the server must have known its session "
                                   "when the network had been made good",
                                   client));
    } else if (CauseOf(mine) == Cause::kRefused && mine.origin == static_cast<uint64_t>(Origin::kServer) &&
               !ends.refused) {
      scene.judge.Fail(kName, fmt::format("client {} says that the server refused it, which it did not", client));
    }
    return;
  }
  if (MayDiffer(ends)) return;
  const bool same = server != nullptr && CauseOf(server->ending) == CauseOf(mine);
  if (!same) {
    scene.judge.Fail(kName, fmt::format("client {} reports {}, the server {}", client, TextOf(mine),
                                        server != nullptr ? TextOf(server->ending) : "no end"));
  } else if (IsGivingUp(CauseOf(mine))) {
    scene.judge.Fail(kName, fmt::format("both ends of client {}'s session gave up although the "
                                        "network had been made good in time",
                                        client));
  } else if (CauseOf(mine) == Cause::kAborted) {
    CompareAborts(scene, client, ends, *server);
  }
}

void SameEnd::CompareAborts(const Scene& scene, uint64_t client, const ClientEnds& ends, const Told& server) const {
  const trace::Ended& mine = ends.client.ending;
  bool same = false;
  if (mine.crossed != 0) {  // The server may never learn that the client had given up too.
    same = ends.client_aborted && IsAbortBy(mine, Origin::kClient) && mine.code == ends.client_code &&
           IsAbortBy(server.ending, Origin::kServer) && mine.peer_code == server.ending.code;
  } else {
    same = mine.origin == server.ending.origin && mine.code == server.ending.code;
  }
  if (server.crossed) same = same && mine.crossed != 0 && server.crossed_code == ends.client_code;
  if (same) return;
  scene.judge.Fail(kName,
                   fmt::format("client {} reports {}, the server {}{}", client, TextOf(mine), TextOf(server.ending),
                               server.crossed ? fmt::format(", crossed by {}", server.crossed_code) : ""));
}

}  // namespace holdfast::sim
