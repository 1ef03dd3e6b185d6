#include "sim/host.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::sim {
namespace {

constexpr SessionId kClientsSession{1};
constexpr uint32_t kPollsMax = 1 << 20;   // In one round: an endpoint that has more to say has run wild.
constexpr uint32_t kTicksInVainMax = 16;  // Likewise one whose deadline stays in the past.

constexpr uint64_t kBystanderBytesMax = 1024;
constexpr uint32_t kIntrudersSource = uint32_t{1} << 31;  // No client's.

// After nearly every call of an endpoint this is asked, and a call of memcmp costs more than the few words.
bool IsSame(const trace::State& a, const trace::State& b) {
  const auto x = a.Values();
  const auto y = b.Values();
  uint64_t differences = 0;
  for (size_t i = 0; i < x.size(); ++i) differences |= x[i] ^ y[i];
  return differences == 0;
}

}  // namespace

void Host::Reset(Stage& stage, Actor actor, std::unique_ptr<Endpoint> endpoint) {
  actor_ = actor;
  endpoint_.reset(std::move(endpoint));
  entropy_ = StreamEntropy(stage.plan.seed, NameOf(actor));
  links_.Clear();
  applications_.clear();
  seen_.clear();
  sessions_.Clear();
  questions_.clear();
  questions_open_ = 0;
  moving_.clear();
  touched_.clear();
  census_ = {};
  latest_.assign(actor.is_client() ? 0 : stage.plan.clients.size(), kNoApplication);
  earlier_.clear();
  endpoint_.SetLargestBlock(Scarcity::kNone);
  scarce_until_ = kNever;
  down_ = false;
  generation_ = 0;
  clock_.reset();
  transports_open_ = 0;
  wish_ = 0;
  wish_waits_ = false;
  dialing_ = receiving_ = kNoLink;
  timer_ = kNever;
  ticks_in_vain_ = 0;
  provenance_ = {};
  early_ = false;
}

void Host::Begin(Stage& stage, Network& network) {
  AddApplication(stage, actor_.index, kClientsSession);
  Touch(0);
  Service(stage, network);
}

uint32_t Host::AddApplication(Stage& stage, uint32_t client, SessionId session) {
  const auto index = static_cast<uint32_t>(applications_.size());
  applications_.emplace_back(stage, client, side(), session, LabelOf(session));
  seen_.emplace_back();
  sessions_.At(session) = index;
  if (!actor_.is_client()) earlier_.push_back(std::exchange(latest_[client], index));
  return index;
}

// --- Happenings ----------------------------------------------------------------------------------------------------

void Host::OnTimer(Stage& stage, Network& network) {
  if (timer_ > stage.now) return;  // A later one was scheduled in place of this.
  timer_ = kNever;
  const Time deadline = endpoint_->Deadline();
  if (deadline > stage.now && !stage.plan.spurious_ticks) {
    ScheduleTimer(stage);
    return;
  }
  stage.Emit(actor_, trace::Tick{.deadline_ns = Number(deadline.time_since_epoch().count())});
  endpoint_->Tick(stage.now);
  if (actor_.is_client()) Touch(0);
  Service(stage, network);
  if (endpoint_->Deadline() > stage.now) {
    ticks_in_vain_ = 0;
  } else if (++ticks_in_vain_ > kTicksInVainMax) {
    Misbehaves(stage, "asks to be called at once, again and again, and does nothing");
  }
}

void Host::OnApplication(Stage& stage, Network& network, uint32_t application) {
  if (applications_[application].scheduled > stage.now) return;
  applications_[application].scheduled = kNever;
  if (down_) return;
  Touch(application);
  Service(stage, network);
}

void Host::OnDial(Stage& stage, Network& network, uint32_t wish) {
  if (wish == wish_ && wish_waits_) Dial(stage, network);
}

void Host::OnConnect(Stage& stage, Network& network, uint32_t index) {
  StreamLink& link = network.link(index);
  LinkEnd& end = link.end(Side::kClient);
  if (link.abandoned) {  // The connection comes about all the same, and is closed at once.
    end.state = EndState::kOver;
    if (link.fate() != DialFate::kRefused) network.End(stage, index, Side::kClient);
    return;
  }
  dialing_ = kNoLink;
  if (link.fate() == DialFate::kRefused) {
    end.state = EndState::kOver;
    ++stage.counters.dials_failed;
    stage.Emit(actor_, trace::DialFailed{.client = actor_.index, .dial = link.dial()});
    endpoint_->DialFailed(stage.now);
  } else {
    ++stage.counters.transports;
    end.state = EndState::kOpen;
    ++transports_open_;
    end.id = endpoint_->TransportOpened(stage.now, {});
    end.application = 0;
    links_.At(end.id) = index;
    network.Connected(stage, index);
    stage.Emit(actor_, trace::Opened{.client = actor_.index, .transport = link.transport, .id = Number(end.id)});
  }
  Touch(0);
  Service(stage, network);
}

void Host::OnAccept(Stage& stage, Network& network, uint32_t index) {
  StreamLink& link = network.link(index);
  LinkEnd& end = link.end(Side::kServer);
  if (end.state != EndState::kAwaited) return;
  end.state = EndState::kOpen;
  ++transports_open_;
  const uint32_t source = IsIntruder(link.transport) ? kIntrudersSource : stage.plan.clients[link.client()].source;
  end.id = endpoint_->TransportOpened(stage.now, {.source = source, .server = link.server()});
  links_.At(end.id) = index;
  stage.Emit(actor_, trace::Opened{.client = link.client(), .transport = link.transport, .id = Number(end.id)});
  Service(stage, network);
}

void Host::OnBytes(Stage& stage, Network& network, uint32_t index, ByteSpan bytes) {
  const StreamLink& link = network.link(index);
  const LinkEnd& end = link.end(side());
  if (end.state == EndState::kOver) return;
  if (end.away) {
    Append(network.link(index).end(side()).unread, bytes);
    return;
  }
  const Direction direction = Opposite(DirectionFrom(side()));
  stage.Emit(actor_, trace::Receive{.client = link.client(),
                                    .transport = link.transport,
                                    .dir = Number(direction),
                                    .offset = link.pipe(direction).offset_out() - bytes.size(),
                                    .size = bytes.size()});
  provenance_ = stage.witness.OnReceived(index, side(), bytes);
  if (provenance_.tainted) stage.oracles.honest.OnTainted(link.client(), link.transport);
  stage.oracles.forgery.OnReceive(stage.SceneOf(actor_), link.client(), link.transport, provenance_);
  if (!actor_.is_client() && stage.witness.watches()) {
    stage.oracles.indistinct.OnHeard(stage.SceneOf(actor_), link.client(), link.transport,
                                     stage.witness.QuestionOn(index));
  }
  const bool intrudes = IsIntruder(link.transport);
  if (intrudes) TakeDigests(end.id);
  const uint32_t bystander = intrudes ? kNoApplication : BystanderOf(link);
  const uint64_t digest = bystander != kNoApplication ? DigestOf(bystander) : 0;
  const uint64_t deeds = bystander != kNoApplication ? applications_[bystander].deeds() : 0;
  const bool ends_here = provenance_.spoilt && !intrudes && IsAttached(link);
  // An endpoint that has closed the transport is still told of what comes late, and ignores it.
  endpoint_->Receive(stage.now, end.id, bytes);
  receiving_ = index;
  early_ = false;
  Touch(end.application);
  Service(stage, network);
  receiving_ = kNoLink;
  stage.oracles.forgery.OnDone();
  if (ends_here && IsAttached(link)) {
    stage.oracles.forgery.OnOutlived(stage.SceneOf(actor_), link.client(), link.transport);
  }
  if (intrudes) CompareDigests(stage, link);
  // Early data are the application's, and what it does about them is its own; and so is what it does about space.
  const bool compares = bystander != kNoApplication && !link.confirmed && !applications_[bystander].over() && !early_ &&
                        applications_[bystander].deeds() == deeds;
  if (compares) {
    stage.oracles.attempts.OnUnconfirmed(stage.SceneOf(actor_), link.client(), link.transport, digest,
                                         DigestOf(bystander));
  }
}

// Whether a session that lives is on that transport.
bool Host::IsAttached(const StreamLink& link) const {
  const LinkEnd& end = link.end(side());
  if (end.state != EndState::kOpen || end.away || end.application >= applications_.size()) return false;
  return !applications_[end.application].over() && seen_[end.application].state.attached == link.transport;
}

// At a server: the session of the link's client, if it lives and what comes over the link must not disturb it; and if
// it is not so large that looking at all of it costs more than it is worth.
uint32_t Host::BystanderOf(const StreamLink& link) const {
  if (actor_.is_client() || link.confirmed) return kNoApplication;
  uint32_t i = latest_[link.client()];
  while (i != kNoApplication && applications_[i].over()) i = earlier_[i];
  return i != kNoApplication && seen_[i].state.replay_bytes <= kBystanderBytesMax ? i : kNoApplication;
}

uint64_t Host::DigestOf(uint32_t application) const {
  return endpoint_->SessionDigest(applications_[application].session());
}

void Host::TakeDigests(TransportId of) {
  digests_.clear();
  for (uint32_t i = 0; i < applications_.size(); ++i) {
    if (applications_[i].away() || seen_[i].state.replay_bytes > kBystanderBytesMax) continue;
    const SessionId session = applications_[i].session();
    const std::optional<SessionView> view = endpoint_->View(session);
    if (!view) continue;
    digests_.push_back({i, DigestOf(i), std::nullopt, applications_[i].deeds()});
    if (view->candidate != of) digests_.back().whole = endpoint_->WholeSessionDigest(session);
  }
}

// An intruder that brings news becomes a candidate, ends what its client had ended, or delivers early data. Memory that
// is short may be taken from others for what he says.
void Host::CompareDigests(Stage& stage, const StreamLink& link) const {
  if (HasLittleMemory(stage.plan)) return;
  for (const Digests& before : digests_) {
    const Application& application = applications_[before.application];
    const bool news = provenance_.news && provenance_.owner == application.client();
    if (application.deeds() != before.deeds) continue;
    if (news && (application.over() || early_)) continue;
    const bool whole = !news && before.whole;
    const uint64_t after = whole ? endpoint_->WholeSessionDigest(application.session()) : DigestOf(before.application);
    stage.oracles.attempts.OnIntrusion(stage.SceneOf(actor_), application.client(), link.transport, news,
                                       whole ? *before.whole : before.session, after);
  }
}

void Host::OnWritable(Stage& stage, Network& network, uint32_t index) {
  StreamLink& link = network.link(index);
  LinkEnd& end = link.end(side());
  if (end.backlog.empty() || end.state == EndState::kOver) return;
  const Direction direction = DirectionFrom(side());
  const uint64_t room = link.pipe(direction).room();
  if (room == 0) return;
  const uint64_t taken = std::min<uint64_t>(room, end.backlog.size());
  stage.Emit(actor_,
             trace::Write{.client = link.client(),
                          .transport = link.transport,
                          .dir = Number(direction),
                          .offset = link.written[static_cast<size_t>(direction)],
                          .size = end.backlog.size(),
                          .taken = taken},
             end.backlog);
  stage.witness.OnWritten(index, side(), ByteSpan(end.backlog).first(static_cast<size_t>(taken)));
  network.Write(stage, index, side(), ByteSpan(end.backlog).first(static_cast<size_t>(taken)));
  end.backlog.erase(end.backlog.begin(), end.backlog.begin() + static_cast<std::ptrdiff_t>(taken));
  if (!end.backlog.empty()) return;
  if (end.state == EndState::kClosing) {
    network.End(stage, index, side());
  } else {
    SetWritable(stage, network, index, true);
    Touch(end.application);
    Service(stage, network);
  }
}

void Host::OnGone(Stage& stage, Network& network, uint32_t index) {
  StreamLink& link = network.link(index);
  LinkEnd& end = link.end(side());
  if (end.state == EndState::kOver) return;
  if (end.away) {
    end.gone = true;
    return;
  }
  const bool was_handed = end.state != EndState::kAwaited;
  if (end.state == EndState::kOpen) --transports_open_;
  end.state = EndState::kOver;
  end.backlog.clear();
  network.End(stage, index, side());
  if (!was_handed) return;
  stage.Emit(actor_, trace::Closed{.client = link.client(), .transport = link.transport});
  stage.oracles.forgery.OnGone(stage.SceneOf(actor_), link.client(), link.transport);
  endpoint_->TransportClosed(stage.now, end.id);
  Touch(end.application);
  Service(stage, network);
  stage.oracles.forgery.OnDone();
}

// --- Keys and clocks -----------------------------------------------------------------------------------------------

void Host::OnVerdict(Stage& stage, Network& network, uint32_t index) {
  const Question question = questions_[index];
  if (question.session == SessionId::kNone) return;  // Who asked is gone.
  const ClientPlan& plan = stage.plan.clients[question.client];
  const bool accept = actor_.is_client() ? !plan.distrust : !plan.refuse;
  stage.Emit(actor_,
             trace::Verdict{.client = question.client, .session = LabelOf(question.session), .accepted = accept});
  endpoint_->Judge(stage.now, question.session, question.key, accept);
  if (actor_.is_client()) Touch(0);
  Service(stage, network);
}

void Host::SetClock(Stage& stage) {
  constexpr int64_t kTrueTimeAtStart = 1'900'000'000'000;  // In milliseconds of Unix time.
  const auto since = std::chrono::floor<std::chrono::milliseconds>(stage.now - kStart + *clock_);
  const WallTime wall = {.unix_ms = static_cast<uint64_t>(kTrueTimeAtStart + since.count())};
  stage.Emit(actor_, trace::Clock{.unix_ms = wall.unix_ms});
  endpoint_->SetClock(stage.now, wall);
}

void Host::OnClock(Stage& stage, Network& network, Duration offset) {
  clock_ = offset;
  if (down_) return;
  SetClock(stage);
  if (!actor_.is_client() || !applications_.empty()) Service(stage, network);
}

// --- Dialing -------------------------------------------------------------------------------------------------------

void Host::WantDial(Stage& stage, Network& network, Duration delay) {
  stage.Emit(actor_, trace::DialWanted{.client = actor_.index, .delay_ns = Number(delay.count())});
  if (dialing_ != kNoLink) {
    network.link(dialing_).abandoned = true;
    ++stage.counters.dials_failed;
    dialing_ = kNoLink;
  }
  ++wish_;
  wish_waits_ = true;
  stage.ScheduleIn(delay, Happening::kDial, actor_.index, wish_);
}

void Host::Dial(Stage& stage, Network& network) {
  wish_waits_ = false;
  dialing_ = network.Dial(stage, actor_.index);
}

bool Host::Probe(Stage& stage, Network& network, uint32_t& dial) {
  if (dialing_ != kNoLink || applications_.empty() || applications_[0].over()) return false;
  Dial(stage, network);
  dial = network.link(dialing_).dial();
  return true;
}

// --- Rounds --------------------------------------------------------------------------------------------------------

void Host::Service(Stage& stage, Network& network) {
  uint32_t polls = 0;
  bool again = true;
  while (again && !stage.judge.failed()) {
    while (std::optional<Event> event = endpoint_->Poll(stage.now, entropy_)) {
      Handle(stage, network, *event);
      if (stage.judge.failed()) return;
      if (++polls > kPollsMax) return Misbehaves(stage, "yields events without end");
    }
    if (std::optional<std::string> complaint = endpoint_->Complaint()) return Misbehaves(stage, *complaint);
    again = false;
    const Scarcity scarcity(endpoint_.largest_block());
    for (uint32_t application : touched_) {
      again = applications_[application].Pump(stage, *endpoint_, scratch_) || again;
    }
  }
  for (uint32_t application : touched_) {
    Look(stage, network, application);
    ScheduleApplication(stage, application);
  }
  touched_.clear();
  if (questions_open_ > 0) LookAtQuestions(stage);
  if (!actor_.is_client()) LookAtCensus(stage);
  ScheduleTimer(stage);
}

// --- What has changed ----------------------------------------------------------------------------------------------

void Host::Look(Stage& stage, const Network& network, uint32_t application) {
  const SessionId session = applications_[application].session();
  const std::optional<SessionView> view = endpoint_->View(session);
  if (!view) return;
  const uint64_t client = ClientOf(application);
  Seen& seen = seen_[application];
  const trace::State state = {.client = client,
                              .session = applications_[application].label(),
                              .epoch = view->epoch,
                              .attempt = view->attempt,
                              .attached = AttachedNumber(network, view->attached),
                              .candidate = NumberOf(network, view->candidate),
                              .sent = view->sent,
                              .acked = view->acked,
                              .received = view->received,
                              .consumed = view->consumed,
                              .replay_bytes = view->replay_bytes};
  if (view->bytes_replayed > seen.bytes_replayed) {
    stage.counters.bytes_replayed += view->bytes_replayed - seen.bytes_replayed;
    seen.bytes_replayed = view->bytes_replayed;
  }
  LookAtMemory(stage, network, static_cast<uint32_t>(client), *view);
  // What an end does by its table of states shows here, also where it goes back to the state that it was in.
  const bool moves = state.epoch != seen.state.epoch || state.attached != seen.state.attached;
  if (!IsSame(state, seen.state)) {
    seen.state = state;
    stage.Emit(actor_, state);
  }
  const uint64_t table_state = endpoint_->State(session).value_or(kNotSeen);
  if (table_state == kNotSeen || (table_state == seen.table_state && !moves)) return;
  seen.table_state = table_state;
  stage.Emit(actor_,
             trace::Moved{.client = client, .session = state.session, .state = table_state, .epoch = state.epoch});
}

// Sessions that the application was asked about have no application yet.
void Host::LookAtQuestions(Stage& stage) {
  for (Question& question : questions_) {
    if (question.settled) continue;
    const std::optional<uint64_t> state = endpoint_->State(question.session);
    if (!state || sessions_.Find(question.session) != nullptr) {
      question.settled = true;
      --questions_open_;
      continue;
    }
    const uint64_t epoch = endpoint_->View(question.session)->epoch;
    if (*state == question.table_state && epoch == question.epoch) continue;
    question.table_state = *state;
    question.epoch = epoch;
    stage.Emit(
        actor_,
        trace::Moved{.client = question.client, .session = LabelOf(question.session), .state = *state, .epoch = epoch});
  }
}

void Host::LookAtCensus(Stage& stage) {
  const EndpointMemory memory = endpoint_->Memory();
  stage.oracles.bounded_memory.OnMemory(stage.SceneOf(actor_), memory.handshake_bytes, memory.session_bytes);
  const EndpointCensus census = endpoint_->Census();
  if (census == census_) return;
  census_ = census;
  stage.Emit(actor_, trace::Census{.transports = census.transports,
                                   .handshakes = census.handshakes,
                                   .embryos = census.embryos,
                                   .sessions = census.sessions,
                                   .tombstones = census.tombstones});
  stage.oracles.bounded_memory.OnTransports(stage.SceneOf(actor_), transports_open_);
}

void Host::ScheduleApplication(Stage& stage, uint32_t index) {
  Application& application = applications_[index];
  const Time next = std::max(stage.now, application.NextWork(stage));
  if (next >= application.scheduled) return;
  application.scheduled = next;
  const bool client = actor_.is_client();
  stage.schedule.Add(next, client ? Happening::kClientApp : Happening::kServerApp, client ? actor_.index : index);
}

void Host::ScheduleTimer(Stage& stage) {
  const Time deadline = endpoint_->Deadline();
  const Time next = std::max(stage.now, deadline);
  if (deadline == kNever || next >= timer_) return;
  timer_ = next;
  stage.schedule.Add(next, actor_.is_client() ? Happening::kClientTimer : Happening::kServerTimer, actor_.index);
}

void Host::Touch(uint32_t application) {
  if (application >= applications_.size() || (!touched_.empty() && touched_.back() == application)) return;
  if (std::find(touched_.begin(), touched_.end(), application) == touched_.end()) {
    touched_.push_back(application);
  }
}

uint32_t Host::LinkOf(TransportId transport) const {
  const uint32_t* found = links_.Find(transport);
  return found != nullptr ? *found : kNoLink;
}

uint64_t Host::NumberOf(const Network& network, TransportId transport) const {
  if (transport == TransportId::kNone) return kNoTransport;
  const uint32_t index = LinkOf(transport);
  if (index == kNoLink) return kGoneTransport;
  return network.link(index).transport;
}

void Host::LookAtMemory(Stage& stage, const Network& network, uint32_t client, const SessionView& view) {
  BoundedMemory& oracle = stage.oracles.bounded_memory;
  const Scene scene = stage.SceneOf(actor_);
  if (!stage.traits.is_holdfast) return oracle.OnGuest(scene, view.memory_bytes, stage.traits.memory_max);
  oracle.OnView(scene, client, view);
  if (view.reading_bytes > 0) {
    const uint64_t came = CameOver(network, view.attached) + CameOver(network, view.candidate);
    oracle.OnReading(scene, client, view.reading_bytes, came);
  }
  if (actor_.is_client()) oracle.OnTransports(scene, view, transports_open_);
}

uint64_t Host::CameOver(const Network& network, TransportId transport) const {
  const uint32_t index = LinkOf(transport);
  return index == kNoLink ? 0 : network.link(index).pipe(Opposite(DirectionFrom(side()))).offset_out();
}

uint64_t Host::AttachedNumber(const Network& network, TransportId transport) const {
  const uint32_t index = LinkOf(transport);
  if (transport == TransportId::kNone) return kNoTransport;
  const bool open = index != kNoLink && network.link(index).end(side()).state == EndState::kOpen;
  return open ? network.link(index).transport : kGoneTransport;
}

void Host::Misbehaves(Stage& stage, std::string what) {
  stage.judge.Fail("contract", fmt::format("the endpoint of {} {}", NameOf(actor_), what));
}

void Host::ForkInto(Host& copy, const ForkKey& key) const {
  copy = *this;
  copy.endpoint_.reset(down_ ? nullptr : endpoint_->Fork(key));
}

}  // namespace holdfast::sim
