// A client's session leaves for another process, or comes from one (docs/protocol.md 15).

#include <utility>

#include "core/base/check.h"
#include "core/pool/blobs.h"
#include "core/pool/client_impl.h"

namespace holdfast {

// HF-MOV-1, HF-MOV-2.
Result<RestBlob> Client::ExportAtRest(Time now, Entropy& entropy) {
  Impl& impl = *impl_;
  HOLDFAST_CHECK(impl.notices.empty() && !impl.record);
  if (!impl.epoch || !FitsBlob(impl.session)) return std::unexpected(Error::kNotMovable);
  ClientBlob blob;
  blob.closing = impl.state == ClientState::kClosing;
  for (auto* transport : {&impl.attached, &impl.attempt}) {
    if (!*transport) continue;
    HOLDFAST_CHECK((*transport)->input.empty());
    impl.Notify((*transport)->id, event::CloseTransport{Error::kMoved});
    transport->reset();
  }
  const Session taken = std::exchange(impl.session, Session(impl.config.session));
  SecretBytes held;
  blob.suite = impl.config.suite;
  blob.resumes = impl.resumes;
  blob.hold_ns = NanosecondsOf(impl.hold);
  blob.left_ns = std::min(blob.hold_ns, NanosecondsOf(After(impl.last_authentic, impl.hold) - now));
  blob.heard = impl.heard;
  blob.confirmed = impl.embryo_deadline == kNever;
  if (!blob.confirmed) blob.embryo_left_ns = NanosecondsOf(impl.embryo_deadline - now);
  blob.epoch = BlobOf(std::move(*impl.epoch));
  blob.streams = BlobOf(taken, false, held);
  blob.end = impl.closing;
  blob.closing_told = impl.closing_told;
  impl.epoch.reset();
  impl.early_runs = {};
  impl.dial_wanted = false;
  impl.dial_deadline = kNever;
  Move(kClientTransitions, impl.state, ClientInput::kEnd);
  return MakeRestBlob(BlobKind::kClientAtRest, entropy, blob);
}

// HF-MOV-7.
Result<Client> Client::ImportAtRest(Time now, const ClientConfig& config, RestBlob&& blob, Duration rested) {
  ClientBlob body;
  const Result<BlobHead> head = DecodeRestBlob(BlobKind::kClientAtRest, blob, body);
  if (!head) return std::unexpected(head.error());
  const bool times = IsDuration(body.hold_ns) && body.left_ns <= body.hold_ns && IsDuration(body.embryo_left_ns);
  Result<Session> session = SessionOf(std::make_shared<const SessionOptions>(config.session), body.streams, false);
  if (!session) return std::unexpected(session.error());
  const bool good = times && body.epoch.number > 0 && body.epoch.number < UINT64_MAX &&
                    body.epoch.attempt < UINT64_MAX && (!body.closing || body.end.origin == Origin::kClient);
  if (!good) return std::unexpected(Error::kBadBlob);
  const RestBlob spent = std::move(blob);
  auto impl = std::make_unique<Impl>(config);
  impl->config.suite = body.suite;
  impl->state = body.closing ? ClientState::kClosing : ClientState::kSuspended;
  impl->session = std::move(*session);
  impl->epoch = EpochOf(std::move(body.epoch));
  impl->resumes = body.resumes;
  impl->hold = DurationOf(body.hold_ns);
  impl->last_authentic = BegunAt(now, impl->hold, DurationOf(body.left_ns), rested);
  impl->heard = body.heard;
  if (!body.confirmed) {
    const Duration left = DurationOf(body.embryo_left_ns);
    impl->embryo_deadline = After(BegunAt(now, left, left, rested), left);
  }
  impl->closing = body.end;
  impl->closing_told = body.closing_told;
  return Client(std::move(impl));
}

}  // namespace holdfast
