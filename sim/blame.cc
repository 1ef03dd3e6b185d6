#include "sim/blame.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/random.h"
#include "sim/plan_text.h"
#include "sim/world.h"

namespace holdfast::sim {
namespace {

constexpr size_t kMomentLines = 6;
constexpr uint64_t kEvenPoints = 17;

// --- What has taken effect -----------------------------------------------------------------------------------------

struct TransportPast {
  Time opened = kNever;
  std::array<uint64_t, 2> written = {};  // By direction.
};
struct ClientPast {
  uint32_t dials = 0;
  uint32_t paths = 0;  // Transports whose paths are known: dialed, if not yet opened.
  std::vector<TransportPast> transports;
  std::array<bool, 2> aborted = {};  // By side.
  std::array<uint64_t, 2> sent = {};
  std::array<uint64_t, 2> delivered = {};
};

// A run up to the end of a step.
struct Past {
  uint64_t steps = 0;
  uint64_t events = 0;
  uint64_t hash = 0;
  Time now = {};
  bool healed = false;
  std::vector<bool> struck;  // By fault.
  std::vector<ClientPast> clients;

  explicit Past(const Plan& plan) : struck(plan.faults.size()), clients(plan.clients.size()) {}
  void See(const TraceRow& row);
};

void Past::See(const TraceRow& row) {
  const auto& v = row.values;
  const size_t side = row.actor.is_client() ? 0 : 1;
  const bool of_client = row.kind != TraceKind::kHeal && row.kind != TraceKind::kFault;
  if (of_client && v[0] >= clients.size()) return;  // Not of one of ours; or of none, and then of no account here.
  switch (row.kind) {
    case TraceKind::kHeal:
      healed = true;
      break;
    case TraceKind::kFault:
      if (v[0] < struck.size()) struck[static_cast<size_t>(v[0])] = true;
      break;
    case TraceKind::kDialed: {
      ClientPast& client = clients[static_cast<size_t>(v[0])];
      client.dials = static_cast<uint32_t>(v[1]) + 1;
      client.paths = std::max(client.paths, static_cast<uint32_t>(client.transports.size()) + 1);
      break;
    }
    case TraceKind::kOpened:
      if (row.actor.is_client()) clients[static_cast<size_t>(v[0])].transports.push_back({.opened = row.time});
      break;
    case TraceKind::kWrite:
      if (v[1] < clients[static_cast<size_t>(v[0])].transports.size()) {
        clients[static_cast<size_t>(v[0])].transports[static_cast<size_t>(v[1])].written[v[2]] = v[3] + v[5];
      }
      break;
    case TraceKind::kSend:
      clients[static_cast<size_t>(v[0])].sent[side] = v[2] + v[4];
      break;
    case TraceKind::kDeliver:
      clients[static_cast<size_t>(v[0])].delivered[side] = v[3] + v[4];
      break;
    case TraceKind::kAbort:
      clients[static_cast<size_t>(v[0])].aborted[side] = true;
      break;
    default:
      break;
  }
}

// Whether its place still lies ahead.
bool IsAhead(const Past& past, const Fault& fault) {
  if (fault.client >= past.clients.size()) return fault.at != kNeverAfter && After(kStart, fault.at) > past.now;
  const ClientPast& client = past.clients[fault.client];
  if (IsOfDial(fault.kind)) return fault.dial >= client.dials;
  if (fault.at != kNeverAfter) return After(kStart, fault.at) > past.now;
  if (fault.transport >= client.transports.size()) return true;
  if (fault.message != kAll) return false;  // Which of its messages have begun is not known.
  const TransportPast& transport = client.transports[fault.transport];
  if (fault.age != kNeverAfter) return After(transport.opened, fault.age) > past.now;
  return fault.byte > transport.written[static_cast<size_t>(fault.direction)];
}

bool IsAhead(const Past& past, const Abort& abort) {
  const ClientPast& client = past.clients[abort.client];
  const auto side = static_cast<size_t>(abort.by);
  return !client.aborted[side] && (abort.at == kNeverAfter || After(kStart, abort.at) > past.now) &&
         abort.sent > client.sent[side] && abort.delivered > client.delivered[side];
}

// --- Another future ------------------------------------------------------------------------------------------------

// What another seed says of its clients, said of ours; more clients than it has begin again with its first.
template <typename Entry>
std::vector<Entry> Dealt(const std::vector<Entry>& drawn, size_t drawn_clients, size_t clients) {
  std::vector<Entry> dealt;
  for (size_t i = 0; i < clients; ++i) {
    for (Entry entry : drawn) {
      if (entry.client != i % drawn_clients) continue;
      entry.client = static_cast<uint32_t>(i);
      dealt.push_back(entry);
    }
  }
  return dealt;
}

// A fault's number is told when it strikes, so those that struck keep theirs; this one holds a place and never strikes.
Fault Placeholder() {
  Fault fault = FaultOf(FaultKind::kReset);
  fault.transport = kEveryTransport - 1;
  fault.byte = 0;
  return fault;
}

std::vector<Fault> FaultsFrom(const Plan& plan, const Past& past, const Plan& drawn) {
  std::vector<Fault> faults;
  for (size_t i = 0; i < plan.faults.size(); ++i) {
    faults.push_back(past.struck[i] ? plan.faults[i] : Placeholder());
  }
  while (!faults.empty() && !past.struck[faults.size() - 1]) faults.pop_back();
  for (Fault fault : Dealt(drawn.faults, drawn.clients.size(), plan.clients.size())) {
    fault.from_client %= static_cast<uint32_t>(plan.clients.size());
    if (IsAhead(past, fault)) faults.push_back(fault);
  }
  return faults;
}

std::vector<PathRule> PathsFrom(const Plan& plan, const Past& past, const Plan& drawn) {
  std::vector<PathRule> paths = Dealt(drawn.paths, drawn.clients.size(), plan.clients.size());
  for (uint32_t client = 0; client < plan.clients.size(); ++client) {
    for (uint32_t transport = 0; transport < past.clients[client].paths; ++transport) {
      for (Direction d : {Direction::kUp, Direction::kDown}) {
        paths.push_back({client, d, transport, PathOf(plan, client, transport, d)});
      }
    }
  }
  return paths;
}

// The plan as it is up to the end of that past, and as `drawn` says from there on.
Plan WithFuture(const Plan& plan, const Past& past, const Plan& drawn) {
  Plan other = plan;
  if (!past.healed) {
    other.faults = FaultsFrom(plan, past, drawn);
    other.paths = PathsFrom(plan, past, drawn);
  }
  other.aborts.clear();
  for (const Abort& abort : plan.aborts) {
    if (past.clients[abort.client].aborted[static_cast<size_t>(abort.by)]) other.aborts.push_back(abort);
  }
  for (const Abort& abort : Dealt(drawn.aborts, drawn.clients.size(), plan.clients.size())) {
    if (IsAhead(past, abort)) other.aborts.push_back(abort);
  }
  if (Problem(other)) other.aborts = plan.aborts;  // Who is never let in must give up at last.
  return other;
}

// --- The search ----------------------------------------------------------------------------------------------------

class Search {
 public:
  Search(const Plan& plan, const BlameOptions& options)
      : plan_(plan), options_(options), files_(options.run.file_up, options.run.file_down) {
    GenerateOptions generate = {.profile = options.profile, .up_bytes = {}, .down_bytes = {}};
    generate.up_bytes = plan.clients[0].up.bytes;
    generate.down_bytes = plan.clients[0].down.bytes;
    for (uint64_t i = 0; i < options.samples; ++i) {
      const uint64_t seed = Mix64(plan.seed ^ Mix64(i + 1));
      Choices choices(seed);
      drawn_.push_back(Generate(choices, generate, seed));
    }
  }

  std::optional<Blame> Go() {
    Follow();
    if (!blame_.verdict.oracle.empty()) {
      Spread();
      Refine();
      Decide();
      return std::move(blame_);
    }
    return std::nullopt;
  }

 private:
  void Start(World& world, const Plan& plan, bool keep_trace) {
    world.Start(plan, options_.run.protocol != nullptr ? *options_.run.protocol : Holdfast(),
                {.keep_trace = keep_trace,
                 .steps_max = options_.run.steps_max,
                 .content = options_.run.carry_files ? &files_ : nullptr});
  }

  // The whole run once, for its verdict and the steps after which something had been told.
  void Follow() {
    Start(world_, plan_, false);
    ends_.push_back(0);
    uint64_t told = world_.stage().trace.count();
    for (bool goes_on = true; goes_on;) {
      goes_on = world_.Step();
      const bool tells = world_.stage().trace.count() != told || !goes_on;
      told = world_.stage().trace.count();
      if (tells && ends_.back() != world_.steps()) ends_.push_back(world_.steps());
    }
    blame_.events = world_.stage().trace.count();
    if (const auto& verdict = world_.stage().judge.verdict()) blame_.verdict = *verdict;
  }

  // The run up to the end of that step. What it told after `from` events is handed to `tell`.
  Past PastOf(uint64_t steps, auto&& tell) {
    Past past(plan_);
    Start(world_, plan_, true);
    uint64_t seen = 0;
    for (bool goes_on = true;; goes_on = world_.Step()) {
      const Trace& trace = world_.stage().trace;
      for (; seen < trace.count(); ++seen) {
        const TraceRow& row = trace.rows()[static_cast<size_t>(seen + trace.rows().size() - trace.count())];
        past.See(row);
        tell(seen, row);
      }
      world_.ForgetTraceBut(0);
      if (!goes_on || world_.steps() >= steps) break;
    }
    const Stage& stage = world_.stage();
    past.steps = world_.steps();
    past.events = stage.trace.count();
    past.hash = stage.trace.hash();
    past.now = stage.now;
    return past;
  }

  // One point more, at the end of the `index`th step that told something.
  void Ask(size_t index) {
    if (std::ranges::count(asked_, index) > 0) return;
    const Past past = PastOf(ends_[index], [](uint64_t, const TraceRow&) {});
    BlamePoint point = {.event = past.events, .since = past.now - kStart};
    for (const Plan& drawn : drawn_) {
      Start(world_, WithFuture(plan_, past, drawn), false);
      ++blame_.runs;
      while (world_.steps() < past.steps && world_.Step()) continue;
      if (world_.stage().trace.hash() != past.hash || world_.steps() != past.steps) continue;
      while (world_.Step()) continue;
      ++point.samples;
      const auto& verdict = world_.stage().judge.verdict();
      point.failed += verdict && verdict->oracle == blame_.verdict.oracle;
    }
    const auto place = std::ranges::lower_bound(asked_, index);
    blame_.points.insert(blame_.points.begin() + (place - asked_.begin()), point);
    asked_.insert(place, index);
    if (options_.progress) options_.progress({.points = asked_.size(), .runs = blame_.runs});
  }

  bool over() const {
    return asked_.size() >= 2 && (asked_.size() >= options_.points_max || (options_.stop && options_.stop()));
  }

  void Spread() {
    Ask(0);
    Ask(ends_.size() - 1);
    const uint64_t points = std::min<uint64_t>({kEvenPoints, options_.points_max, ends_.size()});
    for (uint64_t i = 1; i + 1 < points && !over(); ++i) {
      Ask(static_cast<size_t>(i * (ends_.size() - 1) / (points - 1)));
    }
  }

  // In the middle of the largest jump between two points that have others between them.
  void Refine() {
    while (!over()) {
      size_t best = 0;
      for (size_t i = 1; i < asked_.size(); ++i) {
        if (asked_[i] - asked_[i - 1] > 1 && Jump(i) > 0 && (best == 0 || Jump(i) > Jump(best))) best = i;
      }
      if (best == 0) return;
      Ask(asked_[best - 1] + (asked_[best] - asked_[best - 1]) / 2);
    }
  }

  // In millionths: how much more of the runs fail from this point than from the one before.
  int64_t Jump(size_t i) const {
    const auto share = [](const BlamePoint& point) {
      return static_cast<int64_t>(point.samples == 0 ? 0 : point.failed * 1'000'000 / point.samples);
    };
    return share(blame_.points[i]) - share(blame_.points[i - 1]);
  }

  void Decide() {
    if (blame_.points.size() < 2) blame_.points.push_back(blame_.points.back());
    for (size_t i = 1; i < blame_.points.size(); ++i) {
      if (Jump(i) > Jump(blame_.decided)) blame_.decided = i;
    }
    const uint64_t from = blame_.points[blame_.decided - 1].event;
    const uint64_t to = blame_.points[blame_.decided].event;
    std::vector<std::string> others;
    PastOf(ends_.back(), [&](uint64_t event, const TraceRow& row) {
      if (event < from || event >= to) return;
      auto& lines = row.kind == TraceKind::kFault ? blame_.moment : others;
      if (lines.size() < kMomentLines) lines.push_back(TraceLine(row));
    });
    blame_.moment.insert(blame_.moment.end(), others.begin(), others.end());
    if (blame_.moment.size() > kMomentLines) blame_.moment.resize(kMomentLines);
  }

  const Plan& plan_;
  const BlameOptions& options_;
  const Content files_;
  std::vector<Plan> drawn_;
  std::vector<uint64_t> ends_;  // Numbers of steps.
  std::vector<size_t> asked_;   // Places in ends_, rising; beside the points.
  Blame blame_;
  World world_;
};

}  // namespace

std::optional<Blame> BlameOf(const Plan& plan, const BlameOptions& options) { return Search(plan, options).Go(); }

}  // namespace holdfast::sim
