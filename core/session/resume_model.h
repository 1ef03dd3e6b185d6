#pragma once

// A small exhaustive model of the resume exchange: keys are symbols, the network is the adversary.
//
// It answers one question about a set of rules: is there any course of events after which the
// client's next attempts, on a network made good, no longer find a key that the server holds? The
// model shares no code with the implementation; what they have in common is the specification.
//
// The adversary keeps every message 1, message 2 and confirming record that was ever sent, delivers
// them in any order and as often as he likes, loses them by not delivering them, kills any
// transport at either end, and may have the server's session moved between processes. He cannot
// forge. There is no time here: expiry, eviction and tombstones are outside the model, and so are
// offsets and early data.

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace holdfast::resume_model {

// Every bool true is the protocol; each one false is a way to get it wrong.
struct Rules {
  // Without one of these a session can be lost.
  bool pending_outlives_candidate = true;  // A dying candidate takes nothing with it.
  bool one_attempt_in_flight = true;       // A new attempt closes the earlier one.
  bool message_1_promotes = true;          // A message 1 under L_{n+1} makes epoch n+1 current.
  bool message_1_finds_pending = true;     // The pending locator is looked up at all.
  bool export_carries_pending = true;
  bool embryo_outlives_transport = true;
  // Without one of these a promise about keys or transports is broken.
  bool attempt_advances_before_sending = true;
  bool export_consumes_session = true;  // A blob opens once.
  bool stale_message_1_is_refused = true;
  bool only_a_record_switches = true;
  bool switch_closes_old_transport = true;
  bool newer_candidate_replaces_older = true;
  bool client_wipes_used_epoch = true;
  bool promotion_wipes_old_epoch = true;
};

// The bounds of the exploration: attempts per epoch, and epochs in which attempts are made.
inline constexpr std::uint32_t kMaxAttempts = 3;
inline constexpr std::uint32_t kMaxEpochs = 3;

// Some wrong rules have endless states; a search that meets this many gives up.
inline constexpr std::size_t kMaxStates = 200'000;

// One symbol names a handshake, the transport that it keys and the resume key that it yields. It
// spells the attempts that led there, an octal digit for each epoch, so it does not depend on the
// server's ephemeral: two transports from one message 1 count as a key used twice, even though
// fresh ephemerals would tell them apart. (No message 1 is answered twice under the rules, which is
// itself a claim of the test; so there a symbol is exact.)
using Symbol = std::uint32_t;
using Symbols = std::vector<Symbol>;  // Sorted; a symbol that was used twice is there twice.

inline constexpr Symbol kFirst = 0;  // The new-session handshake, its transport T0, and RK_1.

constexpr Symbol Handshake(Symbol key, std::uint32_t attempt) { return key * 8 + attempt; }
constexpr Symbol KeyUnder(Symbol handshake) { return handshake / 8; }
constexpr std::uint32_t AttemptOf(Symbol handshake) { return handshake % 8; }
constexpr std::uint32_t EpochOf(Symbol key) { return key == kFirst ? 1 : EpochOf(key / 8) + 1; }

inline bool Contains(const Symbols& symbols, Symbol symbol) {
  return std::find(symbols.begin(), symbols.end(), symbol) != symbols.end();
}

inline void Add(Symbols& symbols, Symbol symbol) {
  symbols.insert(std::upper_bound(symbols.begin(), symbols.end(), symbol), symbol);
}

struct Client {
  Symbols keys = {kFirst};    // Resume keys in memory; the newest is the one in use.
  std::uint32_t attempt = 0;  // The last attempt of this epoch.
  Symbols in_flight;          // Attempts whose message 2 would be believed.
  std::optional<Symbol> transport = kFirst;

  Symbol Key() const { return keys.back(); }
  auto operator<=>(const Client&) const = default;
};

struct Epoch {
  Symbol key = kFirst;
  std::uint32_t highest_attempt = 0;
  auto operator<=>(const Epoch&) const = default;
};

// A server with a pending epoch and no current one is an embryo: it has answered a new session and
// not yet seen the client's first record.
struct Server {
  std::vector<Epoch> epochs;  // Resume keys in memory: (anything unwiped,) current, pending.
  bool has_pending = false;
  Symbols candidates;
  Symbols attached;

  bool HasCurrent() const { return epochs.size() > (has_pending ? 1U : 0U); }
  bool IsEmbryo() const { return has_pending && !HasCurrent(); }
  Symbol Current() const { return epochs[epochs.size() - (has_pending ? 2 : 1)].key; }
  bool IsPending(Symbol key) const { return has_pending && epochs.back().key == key; }
  bool Holds(Symbol key) const {
    return std::any_of(epochs.begin(), epochs.end(), [key](const Epoch& epoch) { return epoch.key == key; });
  }
  auto operator<=>(const Server&) const = default;
};

struct State {
  Client client;
  Server server;               // Empty while the session is in a blob.
  std::optional<Server> blob;  // The session on its way to another process.
  // What the adversary has collected, by handshake.
  Symbols messages_1;
  Symbols messages_2;
  Symbols records;  // The client's first record on each transport; no other record has an effect.

  const Server& Session() const { return server.epochs.empty() && blob ? *blob : server; }
  auto operator<=>(const State&) const = default;
};

// The client has verified the server's answer to a new session and has sent its first record.
inline State Embryo() {
  State state;
  state.server = {.epochs = {Epoch{}}, .has_pending = true, .candidates = {kFirst}, .attached = {}};
  state.messages_2 = {kFirst};
  state.records = {kFirst};
  return state;
}

// The same, when that record has arrived: T0 is attached.
inline State Established() {
  State state = Embryo();
  state.server = {.epochs = {Epoch{}}, .has_pending = false, .candidates = {}, .attached = {kFirst}};
  return state;
}

enum class Event : std::uint8_t {
  kClientStartsAttempt,
  kClientGivesUpAttempt,
  kClientTransportDies,
  kMessage1Arrives,
  kMessage2Arrives,
  kRecordArrives,
  kCandidateDies,
  kAttachedDies,
  kExported,
  kImported,
};

struct Action {
  Event event = Event::kClientStartsAttempt;
  Symbol handshake = kFirst;  // Of the message that arrives.
};

inline void ClientStartsAttempt(const Rules& rules, State& state) {
  Client& client = state.client;
  if (rules.attempt_advances_before_sending || client.attempt == 0) ++client.attempt;
  if (rules.one_attempt_in_flight) client.in_flight.clear();
  const Symbol handshake = Handshake(client.Key(), client.attempt);
  Add(client.in_flight, handshake);
  Add(state.messages_1, handshake);
}

// The client moves to the next epoch on the server's word alone, and sends a record at once.
inline void ClientTakesMessage2(const Rules& rules, State& state, Symbol handshake) {
  Client& client = state.client;
  if (!Contains(client.in_flight, handshake)) return;
  if (rules.client_wipes_used_epoch) client.keys.clear();
  client.keys.push_back(handshake);
  client.attempt = 0;
  client.in_flight.clear();
  client.transport = handshake;
  Add(state.records, handshake);
}

inline void DropPending(Server& server) {
  server.epochs.pop_back();
  server.has_pending = false;
}

inline void Promote(const Rules& rules, Server& server) {
  server.has_pending = false;
  if (rules.promotion_wipes_old_epoch) {
    server.epochs.erase(server.epochs.begin(), server.epochs.end() - 1);
  }
}

inline void Switch(const Rules& rules, Server& server, Symbol transport) {
  if (rules.switch_closes_old_transport) server.attached.clear();
  Add(server.attached, transport);
  server.candidates.clear();
}

inline void ServerTakesMessage1(const Rules& rules, State& state, Symbol handshake) {
  Server& server = state.server;
  const Symbol key = KeyUnder(handshake);
  const auto epoch =
      std::find_if(server.epochs.begin(), server.epochs.end(), [key](const Epoch& held) { return held.key == key; });
  if (epoch == server.epochs.end()) return;  // An unknown locator is met with silence.
  const bool fresh = AttemptOf(handshake) > epoch->highest_attempt;
  if (!fresh && rules.stale_message_1_is_refused) return;
  const bool under_pending = server.IsPending(key);
  if (under_pending && !server.IsEmbryo() && !rules.message_1_finds_pending) return;

  epoch->highest_attempt = AttemptOf(handshake);
  if (under_pending && rules.message_1_promotes) Promote(rules, server);
  if (server.has_pending) DropPending(server);
  server.epochs.push_back({.key = handshake, .highest_attempt = 0});
  server.has_pending = true;
  if (rules.newer_candidate_replaces_older) server.candidates.clear();
  Add(server.candidates, handshake);
  if (!rules.only_a_record_switches) Switch(rules, server, handshake);
  Add(state.messages_2, handshake);
}

inline void ServerTakesRecord(const Rules& rules, State& state, Symbol transport) {
  Server& server = state.server;
  if (!Contains(server.candidates, transport)) return;
  if (server.IsPending(transport)) Promote(rules, server);
  Switch(rules, server, transport);
}

inline void CandidateDies(const Rules& rules, Server& server) {
  if (server.candidates.empty()) return;
  server.candidates.clear();
  const bool keeps = server.IsEmbryo() ? rules.embryo_outlives_transport  //
                                       : rules.pending_outlives_candidate;
  if (!keeps && server.has_pending) DropPending(server);
}

// A blob at rest: the session leaves its transports behind. An embryo is too small to move.
inline void Export(const Rules& rules, State& state) {
  if (!state.server.HasCurrent()) return;
  state.blob = state.server;
  state.blob->candidates.clear();
  state.blob->attached.clear();
  if (!rules.export_carries_pending && state.blob->has_pending) DropPending(*state.blob);
  state.server = Server{};
}

inline void Import(const Rules& rules, State& state) {
  if (!state.blob) return;
  state.server = *state.blob;
  if (rules.export_consumes_session) state.blob.reset();
}

// Total: what cannot happen in a state, such as the arrival of what was never sent, changes
// nothing. Hence a trace found under one set of rules can be replayed under another.
inline State Apply(const Rules& rules, State state, const Action& action) {
  const Symbol handshake = action.handshake;
  switch (action.event) {
    case Event::kClientStartsAttempt:
      ClientStartsAttempt(rules, state);
      break;
    case Event::kClientGivesUpAttempt:
      state.client.in_flight.clear();
      break;
    case Event::kClientTransportDies:
      state.client.transport.reset();
      break;
    case Event::kMessage1Arrives:
      if (Contains(state.messages_1, handshake)) ServerTakesMessage1(rules, state, handshake);
      break;
    case Event::kMessage2Arrives:
      if (Contains(state.messages_2, handshake)) ClientTakesMessage2(rules, state, handshake);
      break;
    case Event::kRecordArrives:
      if (Contains(state.records, handshake)) ServerTakesRecord(rules, state, handshake);
      break;
    case Event::kCandidateDies:
      CandidateDies(rules, state.server);
      break;
    case Event::kAttachedDies:
      state.server.attached.clear();
      break;
    case Event::kExported:
      Export(rules, state);
      break;
    case Event::kImported:
      Import(rules, state);
      break;
  }
  return state;
}

// Everything that the client or the adversary can do next, in a fixed order.
inline std::vector<Action> Choices(const State& state) {
  std::vector<Action> choices;
  if (state.client.attempt < kMaxAttempts && EpochOf(state.client.Key()) <= kMaxEpochs) {
    choices.push_back({.event = Event::kClientStartsAttempt});
  }
  for (Symbol h : state.messages_1) choices.push_back({Event::kMessage1Arrives, h});
  for (Symbol h : state.messages_2) choices.push_back({Event::kMessage2Arrives, h});
  for (Symbol h : state.records) choices.push_back({Event::kRecordArrives, h});
  for (Event event : {Event::kCandidateDies, Event::kAttachedDies, Event::kExported, Event::kImported,
                      Event::kClientGivesUpAttempt, Event::kClientTransportDies}) {
    choices.push_back({.event = event});
  }
  return choices;
}

// The network is made good: a move under way completes, and each attempt goes through undisturbed.
// Returns how many attempts it takes until both ends agree on epoch and transport; 0 means that
// `limit` attempts were not enough.
inline int AttemptsUntilHealed(const Rules& rules, State state, int limit) {
  if (state.server.epochs.empty()) state = Apply(rules, state, {.event = Event::kImported});
  for (int attempts = 1; attempts <= limit; ++attempts) {
    state = Apply(rules, state, {.event = Event::kClientStartsAttempt});
    const Symbol h = Handshake(state.client.Key(), state.client.attempt);
    state = Apply(rules, state, {Event::kMessage1Arrives, h});
    state = Apply(rules, state, {Event::kMessage2Arrives, h});
    state = Apply(rules, state, {Event::kRecordArrives, h});
    const Server& server = state.server;
    if (state.client.Key() == h && state.client.transport == h && server.HasCurrent() && !server.has_pending &&
        server.Current() == h && server.attached == Symbols{h}) {
      return attempts;
    }
  }
  return 0;
}

struct Step {
  const State& before;
  Action action;
  const State& after;
  bool first_visit;  // `after` has not been seen before.
};

struct Exploration {
  std::size_t states = 0;
  std::size_t steps = 0;
  bool found = false;         // The search stopped at a step that was asked for.
  std::vector<Action> trace;  // A shortest way to it, that step included.
};

// Breadth first over all reachable states, until `is_sought` says yes to a step.
inline Exploration Explore(const Rules& rules, const State& start, const std::function<bool(const Step&)>& is_sought) {
  struct Visit {
    const State* state;
    std::size_t parent;
    Action action;  // From the parent to here.
  };
  std::map<State, std::size_t> seen = {{start, 0}};
  std::vector<Visit> visits = {{&seen.begin()->first, 0, {}}};
  Exploration result;
  for (std::size_t at = 0; at < visits.size() && !result.found; ++at) {
    if (visits.size() > kMaxStates) break;  // The caller sees it by `states`.
    const State& before = *visits[at].state;
    for (const Action& action : Choices(before)) {
      const auto [where, first_visit] = seen.try_emplace(Apply(rules, before, action), visits.size());
      if (first_visit) visits.push_back({&where->first, at, action});
      ++result.steps;
      if (!is_sought({before, action, where->first, first_visit})) continue;
      result.found = true;
      result.trace = {action};
      for (std::size_t v = at; v != 0; v = visits[v].parent) {
        result.trace.insert(result.trace.begin(), visits[v].action);
      }
      break;
    }
  }
  result.states = visits.size();
  return result;
}

}  // namespace holdfast::resume_model
