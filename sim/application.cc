#include "sim/application.h"

#include <algorithm>
#include <array>

namespace holdfast::sim {

Application::Application(const Stage& stage, uint32_t client, Side side, SessionId session, uint64_t label)
    : client_(client), side_(side), session_(session), label_(label), born_(stage.now), next_send_(stage.now) {
  const ClientPlan& plan = stage.plan.clients[client];
  const SessionOptions& options = side == Side::kClient ? plan.settings.session : stage.plan.server.session;
  accepts_max_ = options.replay_bytes_max;
  says_consumed_ = options.explicit_consume;
  for (const Abort& abort : stage.plan.aborts) has_aborts_ = has_aborts_ || Owns(abort);
  if (StreamOf(stage).bytes == 0) sent_all_ = stage.now;
}

void Application::OnDeliver(const Stage& stage, uint64_t offset, uint64_t size) {
  if (consumed_ == delivered_) next_consume_ = After(stage.now, ReadStreamOf(stage).consume_delay);
  delivered_ = offset + size;
  peer_began_ = std::min(peer_began_, stage.now);
}

void Application::OnImported(SessionId session, bool live) {
  session_ = session;
  away_ = waits_for_space_ = false;
  if (!live && says_consumed_ && !over_) delivered_ = consumed_;
}

void Application::OnPeerFinished(const Stage& stage) {
  peer_began_ = std::min(peer_began_, stage.now);
  peer_finished_ = stage.now;
}

Time Application::StartTime(const Stream& stream) const {
  const Time from = stream.start == StartRule::kAtOnce ? born_ : peer_began_;
  return After(from, from == kNever ? Duration{} : stream.start_delay);
}

Time Application::FinishTime(const Stream& stream) const {
  Time from = sent_all_;
  if (stream.finish == FinishRule::kAfterPeer) from = std::max(from, peer_finished_);
  if (stream.start == StartRule::kAfterPeer) from = std::max(from, peer_began_);
  return After(from, from == kNever ? Duration{} : stream.finish_delay);
}

bool Application::Pump(Stage& stage, Endpoint& endpoint, Bytes& scratch) {
  if (over_ || aborted_ || away_) return false;
  const bool aborted = has_aborts_ && TryAbort(stage, endpoint);
  const bool sent = !aborted && TrySend(stage, endpoint, scratch);
  const bool finished = !aborted && TryFinish(stage, endpoint);
  const bool consumed = !aborted && says_consumed_ && TryConsume(stage, endpoint);
  const bool acted = aborted || sent || finished || consumed;
  deeds_ += acted;
  return acted;
}

bool Application::TryConsume(Stage& stage, Endpoint& endpoint) {
  if (consumed_ == delivered_ || stage.now < next_consume_) return false;
  const Stream& stream = ReadStreamOf(stage);
  const uint64_t size = std::min(stream.consume_chunk, delivered_ - consumed_);
  consumed_ += size;
  next_consume_ = After(stage.now, stream.consume_delay);
  stage.Emit(actor(), trace::Consumed{.client = client_, .session = label_, .offset = consumed_});
  endpoint.Consumed(stage.now, session_, size);
  return true;
}

bool Application::TryAbort(Stage& stage, Endpoint& endpoint) {
  for (const Abort& abort : stage.plan.aborts) {
    if (!Owns(abort)) continue;
    const bool due = stage.now >= After(kStart, abort.at) || sent_ >= abort.sent || delivered_ >= abort.delivered;
    if (!due) continue;
    aborted_ = true;
    stage.Emit(actor(), trace::Abort{.client = client_, .session = label_, .code = abort.code});
    endpoint.Abort(stage.now, session_, abort.code);
    return true;
  }
  return false;
}

bool Application::TrySend(Stage& stage, Endpoint& endpoint, Bytes& scratch) {
  const Stream& stream = StreamOf(stage);
  if (sent_ == stream.bytes || stage.now < StartTime(stream)) return false;
  bool called = false;
  while (sent_ < stream.bytes && !waits_for_space_ && next_send_ <= stage.now) {
    uint64_t size = std::min({stream.chunk, stream.bytes - sent_, std::max<uint64_t>(accepts_max_, 1)});
    if (stream.early_every > 1) size = std::min(size, stream.chunk - sent_ % stream.chunk);
    if (scratch.size() < size) scratch.resize(static_cast<size_t>(size));
    const MutableByteSpan chunk(scratch.data(), static_cast<size_t>(size));
    stage.content.Fill(client_, DirectionFrom(side_), sent_, chunk);
    const uint64_t accepted = endpoint.Send(stage.now, session_, chunk, MayGoEarly(stream, sent_));
    called = true;
    stage.Emit(actor(),
               trace::Send{.client = client_, .session = label_, .offset = sent_, .size = size, .accepted = accepted});
    stage.counters.bytes_sent += accepted;
    sent_ += accepted;
    waits_for_space_ = accepted < size;
    if (sent_ == stream.bytes) sent_all_ = stage.now;
    next_send_ = After(stage.now, stream.think);
  }
  return called;
}

bool Application::TryFinish(Stage& stage, Endpoint& endpoint) {
  if (finished_ || stage.now < FinishTime(StreamOf(stage))) return false;
  finished_ = true;
  stage.Emit(actor(), trace::Finish{.client = client_, .session = label_, .offset = sent_});
  endpoint.Finish(stage.now, session_);
  SendTooLate(stage, endpoint);
  return true;
}

// What is said after the end is refused, and so leaves no trace.
void Application::SendTooLate(Stage& stage, Endpoint& endpoint) {
  constexpr std::array<uint8_t, 1> kByte = {0};
  const uint64_t accepted = endpoint.Send(stage.now, session_, kByte, false);
  if (accepted == 0) return;
  stage.Emit(actor(),
             trace::Send{.client = client_, .session = label_, .offset = sent_, .size = 1, .accepted = accepted});
}

Time Application::NextWork(const Stage& stage) const {
  if (over_ || aborted_ || away_) return kNever;
  const Stream& stream = StreamOf(stage);
  Time next = kNever;
  if (sent_ < stream.bytes) {
    const Time start = StartTime(stream);
    if (!waits_for_space_ && start != kNever) next = std::max(start, next_send_);
  } else if (!finished_) {
    next = FinishTime(stream);
  }
  if (says_consumed_ && consumed_ < delivered_) next = std::min(next, next_consume_);
  if (has_aborts_) {
    for (const Abort& abort : stage.plan.aborts) {
      if (Owns(abort)) next = std::min(next, After(kStart, abort.at));
    }
  }
  return next;
}

}  // namespace holdfast::sim
