// Early data: stream bytes that ride in message 1 of a resume (docs/protocol.md 5.6). They move the receiving stream,
// and nothing else: what is attached does not hear of them.

#include <utility>

#include "core/pool/server_impl.h"

namespace holdfast {

// What an authentic and fresh request brings, if this server takes it. The session has not changed yet: the answer,
// which says how far the stream came, may still turn out to be impossible. HF-RES-31, HF-RES-32.
std::optional<EarlyGain> Server::Impl::EarlyOf(const ServerSession& session, const ResumeRequest& request,
                                               bool promotes) const {
  // To the application.
  const bool known = !IsEmbryonic(session.state) || (session.state == ServerState::kEmbryo && promotes);
  const bool takes = config.session.early_bytes_max > 0 && session.core && known && !request.closing;
  if (!takes || request.early.bytes.empty()) return std::nullopt;
  return GainOf(session.core->in(), request.early.bytes);
}

void Server::Impl::KeepEarly(ServerSession& session, EarlyGain gain) {
  if (gain.bytes.empty()) return;
  session.core->Keep(gain);
  early = {session.id, gain.offset, gain.in.ended()};
  early_bytes = std::move(gain.bytes);
}

// The application may have ended the session since, on hearing that it is open.
std::optional<Event> Server::Impl::DeliverEarly() {
  const std::optional<EarlyDelivery> delivery = std::exchange(early, std::nullopt);
  if (!delivery || FindOpen(delivery->session) == nullptr) return std::nullopt;
  if (delivery->ended) Notify(delivery->session, TransportId::kNone, event::PeerFinished{});
  return Event{delivery->session, TransportId::kNone, event::Deliver{delivery->offset, early_bytes}};
}

}  // namespace holdfast
