// What the model of the resume exchange says about the rules, and about each way to break one.

#include "core/session/resume_model.h"

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace holdfast::resume_model {
namespace {

constexpr Rules kRules;

// Under wrong rules a state is given this many undisturbed attempts in a row to heal.
constexpr int kPatience = 3;

// All that is reachable under the rules. Pinned, so that the model cannot become empty, or another
// one, unnoticed.
constexpr std::size_t kStates = 37'726;
constexpr std::size_t kSteps = 829'834;

// ------------------------------------------------------------------------------ Readable traces

// The attempts that led to a symbol, oldest first: RK_3<2.1> is epoch 3, reached by attempt 2 of
// epoch 1 and attempt 1 of epoch 2.
std::string Path(Symbol symbol) {
  if (symbol == kFirst) return "";
  const std::string before = Path(KeyUnder(symbol));
  return before + (before.empty() ? "" : ".") + std::to_string(AttemptOf(symbol));
}

std::string Key(Symbol key) {
  const std::string path = Path(key);
  return "RK_" + std::to_string(EpochOf(key)) + (path.empty() ? "" : "<" + path + ">");
}

std::string Transport(Symbol transport) { return transport == kFirst ? "T0" : "T<" + Path(transport) + ">"; }

std::string Message(int number, Symbol h) {
  return "message " + std::to_string(number) + " (epoch " + std::to_string(EpochOf(KeyUnder(h))) + ", attempt " +
         std::to_string(AttemptOf(h)) + ")";
}

std::string Describe(const State& before, const Action& action) {
  const Symbol h = action.handshake;
  const Client& client = before.client;
  switch (action.event) {
    case Event::kClientStartsAttempt:
      return "the client sends " + Message(1, Handshake(client.Key(), client.attempt + 1));
    case Event::kClientGivesUpAttempt:
      return "the client gives up its attempt";
    case Event::kClientTransportDies:
      return "the client's transport dies";
    case Event::kMessage1Arrives:
      return Message(1, h) + " reaches the server";
    case Event::kMessage2Arrives:
      return Message(2, h) + " reaches the client";
    case Event::kRecordArrives:
      return "the client's first record on " + Transport(h) + " reaches the server";
    case Event::kCandidateDies:
      return "the server's candidate transport dies";
    case Event::kAttachedDies:
      return "the server's attached transport dies";
    case Event::kExported:
      return "the server exports the session";
    case Event::kImported:
      return "another server imports the session";
  }
  return "";
}

std::string Describe(const State& state) {
  std::ostringstream out;
  const Server& server = state.Session();
  out << "client " << Key(state.client.Key());
  out << (!state.server.epochs.empty() ? "; server" : state.blob ? "; blob" : "; server nothing");
  if (server.HasCurrent()) out << " " << Key(server.Current());
  if (server.has_pending) out << " pending " << Key(server.epochs.back().key);
  for (Symbol transport : server.candidates) out << " candidate " << Transport(transport);
  for (Symbol transport : server.attached) out << " attached " << Transport(transport);
  return out.str();
}

std::string Describe(const Rules& rules, State state, const std::vector<Action>& trace) {
  std::ostringstream out;
  out << "     " << Describe(state) << "\n";
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const State before = state;
    state = Apply(rules, before, trace[i]);
    out << "  " << i + 1 << ". " << Describe(before, trace[i]) << (state == before ? ": nothing changes" : "")
        << "\n     " << Describe(state) << "\n";
  }
  return out.str();
}

// ----------------------------------------------------------------------------------- The claims

struct Claim {
  std::string_view text;
  bool (*holds)(const Step& step);
};

bool Descends(Symbol from, Symbol key) {
  while (EpochOf(key) > EpochOf(from)) key = KeyUnder(key);
  return key == from;
}

bool IsUnique(const Symbols& symbols) { return std::adjacent_find(symbols.begin(), symbols.end()) == symbols.end(); }

// Judged by what the network has seen, not by the server's counter: the server no longer holds the
// key, or it has answered this message 1 or a later one under the same key.
bool IsStale(const State& state, Symbol message_1) {
  if (!state.server.Holds(KeyUnder(message_1))) return true;
  return std::any_of(state.messages_2.begin(), state.messages_2.end(), [message_1](Symbol answered) {
    return answered != kFirst && KeyUnder(answered) == KeyUnder(message_1) && answered >= message_1;
  });
}

bool ServerSwitches(const Step& step) {
  return std::any_of(step.after.server.attached.begin(), step.after.server.attached.end(),
                     [&step](Symbol t) { return !Contains(step.before.server.attached, t); });
}

bool ServerDetaches(const Step& step) {
  return std::any_of(step.before.server.attached.begin(), step.before.server.attached.end(),
                     [&step](Symbol t) { return !Contains(step.after.server.attached, t); });
}

constexpr Claim kServerHoldsClientKey = {"the server holds the client's resume key", [](const Step& step) {
                                           return step.after.Session().Holds(step.after.client.Key());
                                         }};

constexpr Claim kClientHoldsOneKey = {"the client holds exactly one resume key",
                                      [](const Step& step) { return step.after.client.keys.size() == 1; }};

constexpr Claim kServerHoldsTwoKeys = {
    "the server holds one current epoch and at most one pending, its direct successor", [](const Step& step) {
      const Server& server = step.after.Session();
      if (server.epochs.empty() || server.epochs.size() > 2) return false;
      if (server.epochs.size() == 1) return true;
      return server.has_pending && KeyUnder(server.epochs.back().key) == server.Current();
    }};

constexpr Claim kOneCandidateOneAttached = {
    "there is at most one candidate and at most one attached transport", [](const Step& step) {
      return step.after.server.candidates.size() <= 1 && step.after.server.attached.size() <= 1;
    }};

constexpr Claim kCandidateIsPending = {"a candidate is the transport of the pending epoch", [](const Step& step) {
                                         const Server& server = step.after.server;
                                         return std::all_of(
                                             server.candidates.begin(), server.candidates.end(),
                                             [&server](Symbol transport) { return server.IsPending(transport); });
                                       }};

constexpr Claim kStaleChangesNothing = {"a replayed or stale message 1 changes nothing", [](const Step& step) {
                                          return step.action.event != Event::kMessage1Arrives ||
                                                 !IsStale(step.before, step.action.handshake) ||
                                                 step.after == step.before;
                                        }};

constexpr Claim kMessage1LeavesAttached = {
    "no message 1, withheld or not, touches the attached transport or the client", [](const Step& step) {
      return step.action.event != Event::kMessage1Arrives ||
             (step.after.server.attached == step.before.server.attached && step.after.client == step.before.client);
    }};

constexpr Claim kOnlyARecordSwitches = {
    "only a record switches the transport; else it ends by its own death or a move", [](const Step& step) {
      const Event event = step.action.event;
      if (event == Event::kRecordArrives) return true;
      if (ServerSwitches(step)) return false;
      return !ServerDetaches(step) || event == Event::kAttachedDies || event == Event::kExported;
    }};

constexpr Claim kEpochsNeverGoBack = {"epochs never go back", [](const Step& step) {
                                        if (!Descends(step.before.client.Key(), step.after.client.Key())) return false;
                                        const Server& before = step.before.Session();
                                        const Server& after = step.after.Session();
                                        return !before.HasCurrent() ||
                                               (after.HasCurrent() && Descends(before.Current(), after.Current()));
                                      }};

constexpr Claim kConfirmedEpochIsShared = {
    "a confirmed transport is for the one epoch that both sides then hold", [](const Step& step) {
      if (!ServerSwitches(step)) return true;
      const Server& server = step.after.server;
      const Symbol transport = server.attached.back();
      return server.HasCurrent() && !server.has_pending && server.Current() == transport &&
             step.after.client.keys == Symbols{transport};
    }};

constexpr Claim kNoKeyTwice = {"no message 1 is sent twice and no key makes two transports", [](const Step& step) {
                                 return IsUnique(step.after.messages_1) && IsUnique(step.after.messages_2);
                               }};

constexpr Claim kClaims[] = {
    kServerHoldsClientKey,    kClientHoldsOneKey,   kServerHoldsTwoKeys,
    kOneCandidateOneAttached, kCandidateIsPending,  kStaleChangesNothing,
    kMessage1LeavesAttached,  kOnlyARecordSwitches, kEpochsNeverGoBack,
    kConfirmedEpochIsShared,  kNoKeyTwice,
};

// -------------------------------------------------------------------------------------- Helpers

bool Heals(const Rules& rules, const State& state) { return AttemptsUntilHealed(rules, state, kPatience) != 0; }

// Lost is lost for good: nothing that may still happen or arrive late leads to a state that heals.
bool IsLost(const Rules& rules, const State& state) {
  if (Heals(rules, state)) return false;
  const Exploration rescue = Explore(rules, state, [&rules](const Step& step) { return Heals(rules, step.after); });
  return !rescue.found && rescue.states <= kMaxStates;
}

// Replays a trace under the right rules: no claim is broken on the way, and wherever it is cut
// short, the very next attempt succeeds.
void ExpectHarmlessUnderTheRules(State state, const std::vector<Action>& trace) {
  for (const Action& action : trace) {
    const State before = state;
    state = Apply(kRules, before, action);
    for (const Claim& claim : kClaims) {
      EXPECT_TRUE(claim.holds({before, action, state, false})) << claim.text;
    }
    EXPECT_EQ(AttemptsUntilHealed(kRules, state, kPatience), 1) << Describe(state);
  }
}

void ExpectLosesSession(std::string_view mistake, const Rules& wrong, const State& start, std::size_t shortest) {
  const Exploration lost =
      Explore(wrong, start, [&wrong](const Step& step) { return step.first_visit && IsLost(wrong, step.after); });
  ASSERT_TRUE(lost.found) << mistake << ": " << lost.states << " states, none of them lost";
  std::cout << mistake << "; steps to the loss: " << lost.trace.size() << "\n"
            << Describe(wrong, start, lost.trace) << "the same steps under the rules:\n"
            << Describe(kRules, start, lost.trace);
  EXPECT_EQ(lost.trace.size(), shortest);
  ExpectHarmlessUnderTheRules(start, lost.trace);
}

// ---------------------------------------------------------------------------------------- Tests

TEST(ResumeModel, NeverLosesASessionUnderTheRules) {
  EXPECT_EQ(AttemptsUntilHealed(kRules, Embryo(), 1), 1);
  const Exploration all = Explore(kRules, Embryo(), [](const Step& step) {
    if (!step.first_visit || AttemptsUntilHealed(kRules, step.after, 1) == 1) return false;
    ADD_FAILURE() << "the next attempt fails in: " << Describe(step.after);
    return true;
  });
  std::cout << all.states << " states, " << all.steps << " steps\n";
  EXPECT_EQ(all.states, kStates);
  EXPECT_EQ(all.steps, kSteps);
}

TEST(ResumeModel, KeepsEverySafetyClaimInEveryStep) {
  const Exploration all = Explore(kRules, Embryo(), [](const Step& step) {
    for (const Claim& claim : kClaims) {
      if (claim.holds(step)) continue;
      ADD_FAILURE() << "broken: " << claim.text << "\nbefore: " << Describe(step.before)
                    << "\nevent:  " << Describe(step.before, step.action) << "\nafter:  " << Describe(step.after);
      return true;
    }
    return false;
  });
  EXPECT_EQ(all.states, kStates);
  EXPECT_EQ(all.steps, kSteps);
}

TEST(ResumeModel, LosesItWhenPendingEpochDiesWithCandidate) {
  ExpectLosesSession("pending epoch dies with the candidate", {.pending_outlives_candidate = false}, Established(), 4);
}

TEST(ResumeModel, LosesItWhenTwoAttemptsAreInFlight) {
  ExpectLosesSession("two attempts in flight", {.one_attempt_in_flight = false}, Established(), 5);
}

TEST(ResumeModel, LosesItWhenOnlyARecordPromotes) {
  ExpectLosesSession("message 1 under the pending epoch is answered, but does not promote",
                     {.message_1_promotes = false}, Established(), 6);
  ExpectLosesSession("message 1 under the pending epoch is an unknown locator", {.message_1_finds_pending = false},
                     Established(), 4);
}

TEST(ResumeModel, LosesItWhenExportOmitsPendingEpoch) {
  ExpectLosesSession("export omits the pending epoch", {.export_carries_pending = false}, Established(), 4);
}

TEST(ResumeModel, LosesItWhenEmbryoDiesWithItsTransport) {
  ExpectLosesSession("embryo dies with its transport", {.embryo_outlives_transport = false}, Embryo(), 1);
}

// The cut takes the client's first record with it: the server has opened nothing, and yet a
// message 1 under the first locator is served.
TEST(ResumeModel, MeetsTheFirstEpochWhoseTransportDied) {
  State state = Apply(kRules, Embryo(), {.event = Event::kCandidateDies});
  state = Apply(kRules, state, {.event = Event::kClientTransportDies});
  ASSERT_TRUE(state.server.IsEmbryo());
  EXPECT_EQ(AttemptsUntilHealed(kRules, state, 1), 1);

  // The late record of the dead transport is nobody's.
  EXPECT_EQ(Apply(kRules, state, {Event::kRecordArrives, kFirst}), state);

  const Symbol first_resume = Handshake(kFirst, 1);
  state = Apply(kRules, state, {.event = Event::kClientStartsAttempt});
  state = Apply(kRules, state, {Event::kMessage1Arrives, first_resume});
  EXPECT_FALSE(state.server.IsEmbryo());
  EXPECT_EQ(state.server.Current(), kFirst);
  EXPECT_TRUE(state.server.IsPending(first_resume));
  EXPECT_TRUE(state.server.attached.empty());
}

// A transport that is half alive: its confirming record is overtaken by a message 1 of the epoch
// that it would confirm.
TEST(ResumeModel, OldTransportStaysUntilTheNewestTransportsRecord) {
  const Symbol t1 = Handshake(kFirst, 1);
  const Symbol t2 = Handshake(t1, 1);
  State state = Established();
  for (const Action& action : {Action{Event::kClientStartsAttempt},
                               {Event::kMessage1Arrives, t1},
                               {Event::kMessage2Arrives, t1},
                               {Event::kClientStartsAttempt},
                               {Event::kMessage1Arrives, t2},
                               {Event::kMessage2Arrives, t2}}) {
    state = Apply(kRules, state, action);
  }
  EXPECT_EQ(state.server.attached, Symbols{kFirst});
  EXPECT_EQ(state.server.candidates, Symbols{t2});
  EXPECT_EQ(Apply(kRules, state, {Event::kRecordArrives, t1}), state);
  state = Apply(kRules, state, {Event::kRecordArrives, t2});
  EXPECT_EQ(state.server.attached, Symbols{t2});
}

// A claim that nothing can break says nothing.
TEST(ResumeModel, EverySafetyClaimIsBrokenBySomeMistake) {
  struct Case {
    Claim claim;
    Rules wrong;
  };
  const Case cases[] = {
      {kServerHoldsClientKey, {.pending_outlives_candidate = false}},
      {kClientHoldsOneKey, {.client_wipes_used_epoch = false}},
      {kServerHoldsTwoKeys, {.promotion_wipes_old_epoch = false}},
      {kServerHoldsTwoKeys, {.message_1_promotes = false}},
      {kOneCandidateOneAttached, {.newer_candidate_replaces_older = false}},
      {kOneCandidateOneAttached, {.switch_closes_old_transport = false}},
      {kCandidateIsPending, {.newer_candidate_replaces_older = false}},
      {kStaleChangesNothing, {.stale_message_1_is_refused = false}},
      {kMessage1LeavesAttached, {.only_a_record_switches = false}},
      {kOnlyARecordSwitches, {.only_a_record_switches = false}},
      {kEpochsNeverGoBack, {.export_consumes_session = false}},
      {kConfirmedEpochIsShared, {.only_a_record_switches = false}},
      {kNoKeyTwice, {.stale_message_1_is_refused = false}},
      {kNoKeyTwice, {.attempt_advances_before_sending = false}},
  };
  for (const auto& [claim, wrong] : cases) {
    const Exploration broken = Explore(wrong, Established(), [&claim](const Step& step) { return !claim.holds(step); });
    EXPECT_TRUE(broken.found) << claim.text;
    ExpectHarmlessUnderTheRules(Established(), broken.trace);
  }
  for (const Claim& claim : kClaims) {
    EXPECT_TRUE(std::any_of(std::begin(cases), std::end(cases), [&claim](const Case& one) {
      return one.claim.text == claim.text;
    })) << claim.text;
  }
}

}  // namespace
}  // namespace holdfast::resume_model
