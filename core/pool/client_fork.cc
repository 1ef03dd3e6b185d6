// Copies and digests of a whole client, for the simulator.

#include <utility>

#include "core/base/check.h"
#include "core/pool/client_impl.h"

namespace holdfast {

ClientTransport ClientTransport::ForkForSimulation(const ForkKey& key) const {
  HOLDFAST_CHECK(input.empty());
  ClientTransport copy;
  copy.id = id;
  copy.reader = reader;
  copy.writable = writable;
  copy.bound = bound;
  copy.deadline = deadline;
  if (noise) copy.noise = noise->ForkForSimulation(key);
  copy.offered = offered;
  copy.begun = begun;
  copy.hint = hint;
  if (link) copy.link = link->ForkForSimulation(key);
  copy.close_sent = close_sent;
  return copy;
}

void ClientTransport::DigestInto(Digest& digest) const {
  digest.Add(id).Add(writable).Add(deadline).Add(close_sent);
  reader.DigestInto(digest);
  digest.Add(noise.has_value());
  if (noise) noise->DigestInto(digest);
  digest.Add(offered.has_value());
  digest.Add(hint.has_value());
  if (hint) digest.Add(*hint);
  digest.Add(link.has_value());
  if (link) link->DigestInto(digest);
  if (!bound.empty()) digest.Add(bound);
}

uint64_t Client::StateDigest() const {
  Digest digest;
  digest.Add(impl_->state).Add(impl_->transports).Add(impl_->failures).Add(impl_->dial_wanted);
  digest.Add(impl_->dial_deadline).Add(impl_->last_authentic).Add(impl_->embryo_deadline).Add(impl_->hold);
  digest.Add(impl_->closing.cause)
      .Add(impl_->closing.app_code.value)
      .Add(impl_->closing_error.has_value())
      .Add(impl_->closing_told);
  digest.Add(impl_->heard).Add(impl_->accepted).Add(impl_->presented.has_value());
  if (impl_->presented) digest.Add(*impl_->presented);
  impl_->session.DigestInto(digest);
  impl_->early_runs.DigestInto(digest);
  digest.Add(impl_->epoch.has_value());
  if (impl_->epoch) impl_->epoch->DigestInto(digest);
  for (const auto* slot : {&impl_->attempt, &impl_->attached}) {
    digest.Add(slot->has_value());
    if (*slot) (*slot)->DigestInto(digest);
  }
  return digest.value();
}

Client::Impl::Impl(const Impl& other, const ForkKey& key)
    : config(other.config),
      state(other.state),
      session(other.session.ForkForSimulation(key)),
      early_runs(other.early_runs),
      transports(other.transports),
      resumes(other.resumes),
      failures(other.failures),
      dial_wanted(other.dial_wanted),
      dial_deadline(other.dial_deadline),
      last_authentic(other.last_authentic),
      heard(other.heard),
      presented(other.presented),
      accepted(other.accepted),
      clock(other.clock),
      embryo_deadline(other.embryo_deadline),
      hold(other.hold),
      closing(other.closing),
      closing_error(other.closing_error),
      closing_told(other.closing_told) {
  HOLDFAST_CHECK(other.notices.empty() && !other.record);
  if (other.epoch) epoch = other.epoch->ForkForSimulation(key);
  if (other.attached) attached = other.attached->ForkForSimulation(key);
  if (other.attempt) attempt = other.attempt->ForkForSimulation(key);
}

Client Client::ForkForSimulation(const ForkKey& key) const { return Client(std::make_unique<Impl>(*impl_, key)); }

}  // namespace holdfast
