// What a host does about each event of its endpoint; see host.h.

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <variant>

#include "sim/host.h"

namespace holdfast::sim {

void Host::Handle(Stage& stage, Network& network, const Event& event) {
  if (const auto* write = std::get_if<event::Write>(&event.what)) {
    Write(stage, network, event.transport, write->bytes);
  } else if (const auto* close = std::get_if<event::CloseTransport>(&event.what)) {
    Close(stage, network, event.transport, close->why);
  } else if (const auto* dial = std::get_if<event::Dial>(&event.what)) {
    WantDial(stage, network, dial->delay);
  } else if (const auto* failed = std::get_if<event::AttemptFailed>(&event.what)) {
    stage.Emit(actor_, trace::AttemptFailed{.client = actor_.index,
                                            .transport = NumberOf(network, event.transport),
                                            .error = Number(failed->why)});
  } else {
    SessionEvent(stage, network, event);
  }
}

void Host::Write(Stage& stage, Network& network, TransportId transport, ByteSpan bytes) {
  const uint32_t index = LinkOf(transport);
  if (index == kNoLink) return Misbehaves(stage, "writes to a transport that it was never given");
  StreamLink& link = network.link(index);
  LinkEnd& end = link.end(side());
  if (end.state != EndState::kOpen || !end.writable) {
    return Misbehaves(stage, fmt::format("writes to transport {} of client {}, which is {}", link.transport,
                                         link.client(), end.writable ? "gone" : "not writable"));
  }
  if (std::optional<SealMark> mark = endpoint_->LastSeal(transport)) {
    stage.Emit(actor_, trace::Seal{.key = mark->key_digest, .nonce = mark->nonce});
  }
  Touch(end.application);
  const Direction direction = DirectionFrom(side());
  const uint64_t taken = std::min<uint64_t>(link.pipe(direction).room(), bytes.size());
  stage.Emit(actor_,
             trace::Write{.client = link.client(),
                          .transport = link.transport,
                          .dir = Number(direction),
                          .offset = link.written[static_cast<size_t>(direction)],
                          .size = bytes.size(),
                          .taken = taken},
             bytes);
  const bool answers = !actor_.is_client() && link.written[static_cast<size_t>(direction)] == 0;
  if (answers && stage.witness.watches()) {
    stage.oracles.indistinct.OnAnswer(stage.SceneOf(actor_), link.client(), link.transport,
                                      stage.witness.QuestionOn(index));
  }
  stage.witness.OnMessage(index, link, side(), bytes);
  stage.witness.OnWritten(index, side(), bytes.first(static_cast<size_t>(taken)));
  network.BeginMessage(stage, index, side(), bytes.size());
  network.Write(stage, index, side(), bytes.first(static_cast<size_t>(taken)));
  if (taken == bytes.size()) return;
  Append(end.backlog, bytes.subspan(static_cast<size_t>(taken)));
  SetWritable(stage, network, index, false);
}

void Host::SetWritable(Stage& stage, Network& network, uint32_t index, bool writable) {
  StreamLink& link = network.link(index);
  LinkEnd& end = link.end(side());
  end.writable = writable;
  stage.Emit(actor_, trace::Writable{.client = link.client(),
                                     .transport = link.transport,
                                     .dir = Number(DirectionFrom(side())),
                                     .writable = writable});
  endpoint_->SetWritable(stage.now, end.id, writable);
}

void Host::Close(Stage& stage, Network& network, TransportId transport, Error why) {
  const uint32_t index = LinkOf(transport);
  if (index == kNoLink) return Misbehaves(stage, "closes a transport that it was never given");
  StreamLink& link = network.link(index);
  LinkEnd& end = link.end(side());
  stage.Emit(actor_, trace::Close{.client = link.client(), .transport = link.transport, .error = Number(why)});
  if (end.state != EndState::kOpen) return Misbehaves(stage, "closes a transport that is gone");
  --transports_open_;
  end.state = EndState::kClosing;
  if (end.backlog.empty()) network.End(stage, index, side());
}

void Host::SessionEvent(Stage& stage, Network& network, const Event& event) {
  if (std::holds_alternative<event::Opened>(event.what)) return OpenSession(stage, network, event);
  if (const auto* presented = std::get_if<event::KeyPresented>(&event.what)) {
    return Ask(stage, network, event, presented->key);
  }
  const uint32_t* found = sessions_.Find(event.session);
  const auto* ended = std::get_if<event::Ended>(&event.what);
  const Question* question = found == nullptr && ended != nullptr ? QuestionOf(event.session) : nullptr;
  if (question != nullptr) {
    stage.Emit(actor_, trace::Unopened{.client = question->client,
                                       .session = LabelOf(event.session),
                                       .cause = Number(ended->ending.cause),
                                       .origin = Number(ended->ending.origin)});
    return;
  }
  if (found == nullptr) return Misbehaves(stage, "speaks of a session that it never opened");
  const uint32_t index = *found;
  Application& application = applications_[index];
  const uint64_t client = application.client();
  const uint64_t session = application.label();
  const uint64_t transport = NumberOf(network, event.transport);
  Touch(index);
  std::visit(
      [&](const auto& what) {
        using What = std::remove_cvref_t<decltype(what)>;
        if constexpr (std::is_same_v<What, event::Deliver>) {
          uint64_t over = receiving_ == kNoLink ? kNoTransport : network.link(receiving_).transport;
          const bool takes_early = !actor_.is_client() && stage.plan.server.session.early_bytes_max > 0;
          if (takes_early && receiving_ != kNoLink && !network.link(receiving_).confirmed) {
            early_ = true;
            stage.oracles.early.OnDeliver(stage.SceneOf(actor_), client, over, what.offset, what.bytes.size());
            over = kNoTransport;
          }
          stage.counters.bytes_delivered += what.bytes.size();
          application.OnDeliver(stage, what.offset, what.bytes.size());
          stage.Emit(actor_,
                     trace::Deliver{.client = client,
                                    .session = session,
                                    .transport = over,
                                    .offset = what.offset,
                                    .size = what.bytes.size()},
                     what.bytes);
        } else if constexpr (std::is_same_v<What, event::PeerFinished>) {
          application.OnPeerFinished(stage);
          stage.Emit(actor_,
                     trace::PeerFinished{.client = client, .session = session, .offset = application.delivered()});
        } else if constexpr (std::is_same_v<What, event::SpaceAvailable>) {
          application.OnSpace();
          stage.Emit(actor_, trace::SpaceAvailable{.client = client, .session = session});
        } else if constexpr (std::is_same_v<What, event::Suspended>) {
          stage.Emit(actor_,
                     trace::Suspended{
                         .client = client, .session = session, .transport = transport, .error = Number(what.why)});
        } else if constexpr (std::is_same_v<What, event::Resumed>) {
          if (!actor_.is_client()) {
            ++stage.counters.resumes;
            Confirm(network, event.transport, index);
          }
          stage.Emit(actor_, trace::Resumed{.client = client, .session = session, .transport = transport});
        } else if constexpr (std::is_same_v<What, event::Ended>) {
          application.OnEnded();
          if (actor_.is_client()) {
            ++stage.counters.endings[Number(what.ending.cause)];
            const bool given_up = what.ending.cause == Cause::kExpired || what.ending.cause == Cause::kNeverConfirmed;
            if (!given_up) stage.settled_at = stage.now;
          }
          stage.Emit(actor_, trace::Ended{.client = client,
                                          .session = session,
                                          .cause = Number(what.ending.cause),
                                          .origin = Number(what.ending.origin),
                                          .code = what.ending.app_code,
                                          .crossed = what.ending.crossed,
                                          .peer_code = what.ending.peer_app_code});
        } else if constexpr (std::is_same_v<What, event::Crossed>) {
          stage.Emit(actor_, trace::Crossed{.client = client, .session = session, .peer_code = what.peer_app_code});
        }
      },
      event.what);
}

void Host::OpenSession(Stage& stage, Network& network, const Event& event) {
  uint32_t link = LinkOf(event.transport);
  if (actor_.is_client()) {
    ++stage.counters.handshakes;
  } else {
    ++stage.counters.sessions;
    Confirm(network, event.transport, static_cast<uint32_t>(applications_.size()));
    if (link == kNoLink) link = receiving_;
    const Question* question = QuestionOf(event.session);
    if (link == kNoLink && question == nullptr) return Misbehaves(stage, "opens a session out of nothing");
    uint32_t client = question != nullptr ? question->client : network.link(link).client();
    if (question == nullptr && link == receiving_ && provenance_.news) client = provenance_.owner;
    AddApplication(stage, client, event.session);
  }
  const uint32_t index = *sessions_.Find(event.session);
  Touch(index);
  stage.Emit(actor_, trace::SessionOpened{.client = ClientOf(index),
                                          .session = LabelOf(event.session),
                                          .transport = NumberOf(network, event.transport)});
}

// What the application will say, and when, is the plan's business.
void Host::Ask(Stage& stage, const Network& network, const Event& event, const PublicKey& key) {
  const uint32_t link = LinkOf(event.transport);
  if (link == kNoLink) return Misbehaves(stage, "shows the key of a peer without a transport");
  const uint32_t client = network.link(link).client();
  const ClientPlan& plan = stage.plan.clients[client];
  stage.Emit(actor_, trace::Asked{.client = client, .session = LabelOf(event.session)});
  stage.ScheduleIn(actor_.is_client() ? plan.trust_delay : plan.verdict_delay, Happening::kVerdict, actor_.index,
                   static_cast<uint32_t>(questions_.size()));
  questions_.push_back({.session = event.session, .client = client, .key = key, .settled = actor_.is_client()});
  if (!actor_.is_client()) ++questions_open_;
}

const Host::Question* Host::QuestionOf(SessionId session) const {
  if (actor_.is_client()) return nullptr;
  auto found = std::ranges::find(questions_, session, &Question::session);
  return found != questions_.end() ? &*found : nullptr;
}

// The server's session is on that transport.
void Host::Confirm(Network& network, TransportId transport, uint32_t application) {
  if (LinkOf(transport) == kNoLink) return;
  StreamLink& link = network.link(LinkOf(transport));
  link.confirmed = true;
  link.end(Side::kServer).application = application;
}

}  // namespace holdfast::sim
