// How a server's host goes down and comes up again; see host.h. What was saved waits outside of it meanwhile, as what
// moves does.

#include <utility>

#include "sim/host.h"

namespace holdfast::sim {

void Host::GoDown(Stage& stage, Network& network, uint32_t fault_index, Time up_at) {
  const Fault& fault = stage.plan.faults[fault_index];
  const bool kept = fault.state == Saved::kKept;
  network.CountFault(stage, fault_index, kEveryClient, generation_);
  stage.Emit(actor_, trace::Down{.kept = kept});
  endpoint_.SetLargestBlock(Scarcity::kNone);
  for (uint32_t i = 0; i < applications_.size(); ++i) {
    if (!applications_[i].away()) Save(stage, i, kept, up_at);
  }
  endpoint_.reset(nullptr);
  down_ = true;
  network.CutServer(stage, fault_index);
  links_.Clear();
  sessions_.Clear();
  for (Question& question : questions_) {
    question.session = SessionId::kNone;
    question.settled = true;
  }
  questions_open_ = 0;
  touched_.clear();
  transports_open_ = 0;
  timer_ = kNever;
}

// A session, or the tombstone of one, leaves before the pool is gone; or dies with it.
void Host::Save(Stage& stage, uint32_t index, bool kept, Time up_at) {
  Application& application = applications_[index];
  const SessionId session = application.session();
  if (!Knows(application)) {  // Forgotten long ago.
    application.OnLost();
    return;
  }
  StreamEntropy no_ticket(stage.plan.seed, "no ticket");
  std::optional<Parcel> parcel;
  if (kept) parcel = endpoint_->Export(stage.now, session, false, no_ticket, entropy_);
  while (endpoint_->Poll(stage.now, entropy_)) continue;  // Nobody writes or closes anything any more.
  if (parcel) {
    stage.Emit(actor_, trace::Exported{.client = application.client(), .session = application.label(), .live = false});
    application.OnExported();
    moving_.push_back({std::move(*parcel), index, kNoLink, stage.now, up_at, false});
  } else {
    stage.Emit(
        actor_,
        trace::Lost{.client = application.client(), .session = application.label(), .ended = application.over()});
    application.OnLost();
  }
}

bool Host::Knows(const Application& application) const {
  const uint32_t* found = sessions_.Find(application.session());
  const bool same = found != nullptr && &applications_[*found] == &application;
  return same && !down_ && endpoint_->View(application.session()).has_value();
}

void Host::ComeUp(Stage& stage, Network& network, std::unique_ptr<Endpoint> endpoint) {
  endpoint_.reset(std::move(endpoint));
  down_ = false;
  generation_ = ++stage.generations;
  ticks_in_vain_ = 0;
  stage.Emit(actor_, trace::Up{.generation = generation_});
  if (clock_) SetClock(stage);
  for (uint32_t i = 0; i < moving_.size(); ++i) {
    if (!moving_[i].arrived && moving_[i].due <= stage.now) Import(stage, network, i);
  }
  Service(stage, network);
}

// --- Memory --------------------------------------------------------------------------------------------------------

void Host::FindLittleMemory(Stage& stage, Network& network, uint32_t fault_index) {
  const Fault& fault = stage.plan.faults[fault_index];
  if (down_ || (actor_.is_client() && applications_.empty())) return;
  network.CountFault(stage, fault_index, actor_.is_client() ? actor_.index : kEveryClient, fault.largest);
  scarce_until_ = std::min(After(stage.now, fault.lasting), After(kStart, stage.plan.heal));
  SetLargestBlock(stage, fault.largest);
  stage.schedule.Add(scarce_until_, Happening::kPlenty, actor_.index);
}

void Host::OnPlenty(Stage& stage) {
  if (scarce_until_ > stage.now) return;  // There is another scarcity.
  scarce_until_ = kNever;
  SetLargestBlock(stage, Scarcity::kNone);
}

void Host::SetLargestBlock(Stage& stage, uint64_t largest) {
  stage.Emit(actor_, trace::Scarce{.largest = largest});
  endpoint_.SetLargestBlock(static_cast<size_t>(largest));
}

}  // namespace holdfast::sim
