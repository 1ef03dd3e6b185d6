#include "sim/simpler.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <type_traits>
#include <utility>

#include "sim/plan_fields.h"
#include "sim/plan_text.h"

namespace holdfast::sim {
namespace {

// --- Parts ---------------------------------------------------------------------------------------------------------

// Calls visit(part, what it is by default) for every S in the plan, in an order that is always the same.
template <typename S>
void VisitParts(Plan& plan, auto&& visit) {
  static const Plan kPlan;
  static const S kStandard{};
  if constexpr (std::is_same_v<S, Plan>) {
    visit(plan, kPlan);
  } else if constexpr (std::is_same_v<S, ServerSettings>) {
    visit(plan.server, kStandard);
  } else if constexpr (std::is_same_v<S, SessionOptions>) {
    visit(plan.server.session, kStandard);
    for (ClientPlan& client : plan.clients) visit(client.settings.session, kStandard);
  } else if constexpr (std::is_same_v<S, ClientSettings>) {
    for (ClientPlan& client : plan.clients) visit(client.settings, kStandard);
  } else if constexpr (std::is_same_v<S, ClientPlan>) {
    for (ClientPlan& client : plan.clients) visit(client, kStandard);
  } else if constexpr (std::is_same_v<S, Stream>) {
    for (ClientPlan& client : plan.clients) {
      visit(client.up, kStandard);
      visit(client.down, kStandard);
    }
  } else if constexpr (std::is_same_v<S, ClockRule>) {
    for (ClockRule& rule : plan.clocks) visit(rule, kStandard);
  } else if constexpr (std::is_same_v<S, PathRule>) {
    for (PathRule& rule : plan.paths) visit(rule, kStandard);
  } else if constexpr (std::is_same_v<S, Path>) {
    for (PathRule& rule : plan.paths) visit(rule.path, kStandard);
  } else if constexpr (std::is_same_v<S, Abort>) {
    for (Abort& abort : plan.aborts) visit(abort, kStandard);
  } else {
    static_assert(std::is_same_v<S, Fault>);
    for (Fault& fault : plan.faults) visit(fault, FaultOf(fault.kind));
  }
}

// Calls visit with a null pointer to each type that has fields.
void VisitTypes(auto&& visit) {
  visit(static_cast<Fault*>(nullptr));
  visit(static_cast<Abort*>(nullptr));
  visit(static_cast<ClockRule*>(nullptr));
  visit(static_cast<Stream*>(nullptr));
  visit(static_cast<PathRule*>(nullptr));
  visit(static_cast<Path*>(nullptr));
  visit(static_cast<ClientPlan*>(nullptr));
  visit(static_cast<ClientSettings*>(nullptr));
  visit(static_cast<ServerSettings*>(nullptr));
  visit(static_cast<SessionOptions*>(nullptr));
  visit(static_cast<Plan*>(nullptr));
}

// Likewise with each of its fields.
template <typename S>
void VisitFields(auto&& visit) {
  std::apply([&](const auto&... field) { (visit(field), ...); }, FieldsOf(static_cast<const S*>(nullptr)));
}

template <typename S>
bool Has(const S& part, std::string_view name) {
  if constexpr (std::is_same_v<S, Fault>) return HasField(part.kind, name);
  return true;
}

// --- Values --------------------------------------------------------------------------------------------------------

// Of these every one counts, and fewer are simpler. Of other numbers those are that are nearer to the default, or
// rounder.
constexpr auto kFewer = std::to_array<std::string_view>(
    {"bytes", "byte", "sent", "delivered", "keep_up", "keep_down", "client", "dial", "transport", "code", "source"});
// Names, not numbers: the default or nothing.
constexpr auto kNames = std::to_array<std::string_view>({"seed"});

// Numbers of one digit in their order: 0, 1, 2 ... 9, 10, 20 ... 90, 100 ...
constexpr uint64_t kOneDigit = 18 * 9;
constexpr uint64_t OneDigit(uint64_t index) {
  if (index == 0) return 0;
  uint64_t value = (index - 1) % 9 + 1;
  for (uint64_t tens = (index - 1) / 9; tens > 0; --tens) value *= 10;
  return value;
}
// The last of them that is not above the value.
constexpr uint64_t IndexOf(uint64_t value) {
  uint64_t index = 0;
  while (index < kOneDigit && OneDigit(index + 1) <= value) ++index;
  return index;
}

// Bisects between `bad`, which was refused, and `good`.
template <typename Put>
void Approach(uint64_t bad, uint64_t good, Put&& put) {
  while (std::max(bad, good) - std::min(bad, good) > 1) {
    const uint64_t middle = std::min(bad, good) + (std::max(bad, good) - std::min(bad, good)) / 2;
    (put(middle) ? good : bad) = middle;
  }
}

// First of as few digits as may be, then as near to `target` as may be.
template <typename Put>
void MakeRounder(uint64_t value, uint64_t target, Put&& put) {
  uint64_t index = IndexOf(value);
  bool one_digit = OneDigit(index) == value;
  if (!one_digit && index < kOneDigit && put(OneDigit(index + 1))) {
    one_digit = true;
    ++index;
  }
  one_digit = one_digit || put(OneDigit(index));
  if (one_digit) return Approach(IndexOf(target), index, [&put](uint64_t i) { return put(OneDigit(i)); });
  uint64_t unit = 1;
  while (value / unit >= 100) unit *= 10;
  for (; unit > 1 && value % unit != 0; unit /= 10) {
    if (put(value / unit * unit) || put(value / unit * unit + unit)) return;
  }
}

// Offers simpler values of a field to put, which says whether one is taken.
template <typename T, typename Put>
void Simplify(std::string_view name, T value, T standard, Put&& put) {
  if (value == standard || put(standard) || std::ranges::count(kNames, name) > 0) return;
  if constexpr (std::is_same_v<T, Duration>) {
    if (value == kNeverAfter) return;
    const int64_t sign = value < Duration{} ? -1 : 1;
    const uint64_t target = standard == kNeverAfter ? 0 : static_cast<uint64_t>(standard.count());
    const auto put_count = [&](uint64_t n) { return put(Duration(sign * static_cast<int64_t>(n))); };
    if (standard == kNeverAfter && put_count(0)) return;
    MakeRounder(static_cast<uint64_t>(sign * value.count()), target, put_count);
  } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    constexpr T kSentinel = static_cast<T>(-1);  // kAll, kEveryTransport.
    if (value == kSentinel) return;
    const auto put_number = [&](uint64_t n) { return put(static_cast<T>(n)); };
    if (standard != 0 && standard == kSentinel && put_number(0)) return;
    const uint64_t target = standard == kSentinel ? 0 : standard;
    if (std::ranges::count(kFewer, name) > 0) {
      Approach(target, value, put_number);
    } else {
      MakeRounder(value, target, put_number);
    }
  }
}

// --- Fewer lines ---------------------------------------------------------------------------------------------------

// Runs of a list's entries, from all of them down to single ones: without(plan, first, count) is offered for each.
template <typename SizeOfList, typename Without>
void DropRuns(Trial& trial, SizeOfList&& size, Without&& without) {
  for (size_t run = size(trial.plan()); run > 0; run = run == 1 ? 0 : (run + 1) / 2) {
    for (size_t end = size(trial.plan()); end > 0 && !trial.over();) {
      const size_t first = end - std::min(end, run);
      trial.Try(without(trial.plan(), first, end - first));
      end = first;
    }
  }
}

template <typename Entry>
void DropEntries(Trial& trial, std::vector<Entry> Plan::* list) {
  DropRuns(
      trial, [list](const Plan& plan) { return (plan.*list).size(); },
      [list](Plan plan, size_t first, size_t count) {
        const auto begin = (plan.*list).begin() + static_cast<ptrdiff_t>(first);
        (plan.*list).erase(begin, begin + static_cast<ptrdiff_t>(count));
        return plan;
      });
}

// The entries that name one of these clients go with them; those that name later ones, name them by their new numbers.
Plan WithoutClients(Plan plan, size_t first, size_t count) {
  const size_t before = plan.clients.size();
  const auto begin = plan.clients.begin() + static_cast<ptrdiff_t>(first);
  plan.clients.erase(begin, begin + static_cast<ptrdiff_t>(count));
  const auto mend = [&](auto& entries) {
    std::erase_if(entries, [&](const auto& entry) { return entry.client >= first && entry.client < first + count; });
    for (auto& entry : entries) {
      if (entry.client >= first + count && entry.client < before) entry.client -= static_cast<uint32_t>(count);
    }
  };
  for (ClockRule& rule : plan.clocks) {
    if (rule.of == Side::kServer) rule.client = static_cast<uint32_t>(before);  // Of no client.
  }
  mend(plan.clocks);
  for (ClockRule& rule : plan.clocks) {
    if (rule.of == Side::kServer) rule.client = 0;
  }
  mend(plan.paths);
  mend(plan.aborts);
  mend(plan.faults);
  for (Fault& fault : plan.faults) {  // Whose bytes an adversary says.
    if (fault.from_client >= first + count) {
      fault.from_client -= static_cast<uint32_t>(count);
    } else if (fault.from_client >= first) {
      fault.from_client = 0;
    }
  }
  return plan;
}

void DropClients(Trial& trial) {
  DropRuns(trial, [](const Plan& plan) { return plan.clients.size(); }, WithoutClients);
}

void DropLists(Trial& trial) {
  DropEntries(trial, &Plan::faults);
  DropEntries(trial, &Plan::aborts);
  DropEntries(trial, &Plan::clocks);
  DropEntries(trial, &Plan::paths);
}

// Where a fault made a transport or a dial more, what is about later ones is about earlier ones without it.
Plan WithoutFault(Plan plan, size_t index, bool transport, bool dial) {
  const Fault gone = plan.faults[index];
  plan.faults.erase(plan.faults.begin() + static_cast<ptrdiff_t>(index));
  for (Fault& fault : plan.faults) {
    if (fault.client != gone.client) continue;
    if (transport && fault.transport > gone.transport) --fault.transport;
    if (dial && fault.dial > gone.dial) --fault.dial;
  }
  for (PathRule& rule : plan.paths) {
    const bool moves = transport && rule.client == gone.client && rule.transport != kEveryTransport;
    if (moves && rule.transport > gone.transport) --rule.transport;
  }
  return plan;
}

void DropFaultsAndCloseUp(Trial& trial) {
  for (size_t i = trial.plan().faults.size(); i-- > 0 && !trial.over();) {
    for (const auto& [transport, dial] : {std::pair(true, false), std::pair(true, true), std::pair(false, true)}) {
      if (trial.Try(WithoutFault(trial.plan(), i, transport, dial))) break;
    }
  }
}

// --- Less to carry -------------------------------------------------------------------------------------------------

// Everything that is measured in bytes, by so much less, so that what fills a small buffer still does. Places on the
// wire only if they are asked for: those within a handshake are where they are, whatever else there is.
constexpr auto kSizes = std::to_array<std::string_view>(
    {"bytes", "chunk", "sent", "delivered", "replay_bytes_max", "receive_window", "ack_bytes_max", "data_bytes_first",
     "data_bytes_max", "early_bytes_max", "consume_chunk", "capacity", "memory_max"});
constexpr auto kPlaces = std::to_array<std::string_view>({"byte", "keep_up", "keep_down"});

Plan Scaled(Plan plan, uint64_t divisor, bool places) {
  VisitTypes([&]<typename S>(S*) {
    VisitFields<S>([&](const auto& field) {
      const bool scales =
          std::ranges::count(kSizes, field.name) > 0 || (places && std::ranges::count(kPlaces, field.name) > 0);
      if (!scales) return;
      VisitParts<S>(plan, [&](S& part, const S&) {
        auto& value = part.*field.member;
        using T = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_integral_v<T>) {
          if (value != static_cast<T>(-1) && value > 0) value = static_cast<T>((value + divisor - 1) / divisor);
        }
      });
    });
  });
  return plan;
}

// Only where it takes bytes away: it may leave defaults behind, which are tried again afterwards.
void ScaleAll(Trial& trial) {
  for (uint64_t divisor : {256U, 16U, 4U, 2U}) {
    for (bool places : {true, false}) {
      while (SizeOf(trial.plan()).bytes > 64 && trial.Try(Scaled(trial.plan(), divisor, places))) continue;
    }
  }
}

// --- Whole parts and fields ----------------------------------------------------------------------------------------

void ResetSettings(Trial& trial) {
  Plan all = trial.plan();
  all.server = {};
  for (ClientPlan& client : all.clients) client.settings = {};
  trial.Try(std::move(all));
  Plan server = trial.plan();
  server.server = {};
  trial.Try(std::move(server));
  for (size_t i = 0; i < trial.plan().clients.size() && !trial.over(); ++i) {
    Plan one = trial.plan();
    one.clients[i].settings = {};
    trial.Try(std::move(one));
  }
}

void ResetStreams(Trial& trial) {
  const auto reset = [](Plan& plan, auto&& is_one) {
    size_t number = 0;
    VisitParts<Stream>(plan, [&](Stream& stream, const Stream&) {
      if (is_one(number++)) stream = {.bytes = stream.bytes};
    });
  };
  Plan all = trial.plan();
  reset(all, [](size_t) { return true; });
  trial.Try(std::move(all));
  for (size_t i = 0; i < 2 * trial.plan().clients.size() && !trial.over(); ++i) {
    Plan one = trial.plan();
    reset(one, [i](size_t number) { return number == i; });
    trial.Try(std::move(one));
  }
}

// Two ends that must agree are changed at once: every field of that name, wherever it is, back to its default.
Plan WithDefault(Plan plan, std::string_view name) {
  VisitTypes([&]<typename S>(S*) {
    if constexpr (std::is_same_v<S, Fault> || std::is_same_v<S, Abort> || std::is_same_v<S, ClockRule>) return;
    VisitFields<S>([&](const auto& field) {
      if (field.name != name) return;
      VisitParts<S>(plan, [&](S& part, const S& standard) { part.*field.member = standard.*field.member; });
    });
  });
  return plan;
}

void ResetByName(Trial& trial) {
  const auto offer = [&](const auto& field) {
    if (!trial.over()) trial.Try(WithDefault(trial.plan(), field.name));
  };
  VisitFields<ServerSettings>(offer);
  VisitFields<ClientSettings>(offer);
  VisitFields<SessionOptions>(offer);
  VisitFields<ClientPlan>(offer);
}

// One field of every S, as long as all are the same: what both ends must have in common can only change so.
template <typename S, typename Field>
void SimplifyAlike(Trial& trial, const Field& field) {
  Plan plan = trial.plan();
  size_t parts = 0;
  bool alike = true;
  const S* first = nullptr;
  VisitParts<S>(plan, [&](S& part, const S&) {
    if (first == nullptr) first = &part;
    alike = alike && part.*field.member == first->*field.member;
    ++parts;
  });
  if (parts < 2 || !alike) return;
  using T = std::remove_cvref_t<decltype(first->*field.member)>;
  Simplify<T>(field.name, first->*field.member, S{}.*field.member, [&](T value) {
    Plan candidate = trial.plan();
    VisitParts<S>(candidate, [&](S& part, const S&) { part.*field.member = value; });
    return trial.Try(std::move(candidate));
  });
}

// One field of one S.
template <typename S, typename Field>
void SimplifyOne(Trial& trial, const Field& field, size_t index) {
  Plan plan = trial.plan();
  size_t number = 0;
  VisitParts<S>(plan, [&](S& part, const S& standard) {
    if (number++ != index || !Has(part, field.name)) return;
    using T = std::remove_cvref_t<decltype(part.*field.member)>;
    Simplify<T>(field.name, part.*field.member, standard.*field.member, [&](T value) {
      Plan candidate = trial.plan();
      size_t n = 0;
      VisitParts<S>(candidate, [&](S& other, const S&) {
        if (n++ == index) other.*field.member = value;
      });
      return trial.Try(std::move(candidate));
    });
  });
}

template <typename S>
size_t CountParts(Plan plan) {
  size_t count = 0;
  VisitParts<S>(plan, [&count](S&, const S&) { ++count; });
  return count;
}

void SimplifyFields(Trial& trial) {
  VisitTypes([&]<typename S>(S*) {
    VisitFields<S>([&](const auto& field) {
      constexpr bool kOfSettings = std::is_same_v<S, SessionOptions> || std::is_same_v<S, ClientSettings>;
      if constexpr (kOfSettings) SimplifyAlike<S>(trial, field);
      const size_t parts = CountParts<S>(trial.plan());
      for (size_t i = 0; i < parts && !trial.over(); ++i) SimplifyOne<S>(trial, field, i);
    });
  });
}

// --- Simpler kinds of faults ---------------------------------------------------------------------------------------

// What strikes a transport becomes a reset at the same place, what meets a dial a refusal.
void SimplifyKinds(Trial& trial) {
  constexpr auto kPlace =
      std::to_array<std::string_view>({"client", "dial", "transport", "direction", "byte", "age", "at"});
  for (size_t i = 0; i < trial.plan().faults.size() && !trial.over(); ++i) {
    const Fault& fault = trial.plan().faults[i];
    Fault simple = FaultOf(IsOfDial(fault.kind) ? FaultKind::kRefuse : FaultKind::kReset);
    if (fault.kind == simple.kind) continue;
    VisitFieldPairs(simple, fault, [&](std::string_view name, auto& to, const auto& from) {
      if (std::ranges::count(kPlace, name) > 0 && HasField(simple.kind, name)) to = from;
    });
    Plan candidate = trial.plan();
    candidate.faults[i] = simple;
    trial.Try(std::move(candidate));
  }
}

}  // namespace

void OfferSimpler(Trial& trial) {
  constexpr auto kSteps = std::to_array({DropClients, DropLists, DropFaultsAndCloseUp, ResetSettings, ResetStreams,
                                         ScaleAll, SimplifyKinds, ResetByName, SimplifyFields});
  for (const auto step : kSteps) {
    if (!trial.over()) step(trial);
  }
}

PlanSize SizeOf(const Plan& plan) {
  PlanSize size = {.clients = plan.clients.size(), .faults = plan.faults.size()};
  for (const ClientPlan& client : plan.clients) size.bytes += client.up.bytes + client.down.bytes;
  const std::string text = Print(plan);
  size.lines = static_cast<uint64_t>(std::ranges::count(text, '\n'));
  return size;
}

}  // namespace holdfast::sim
