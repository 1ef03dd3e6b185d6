// Private networks (docs/protocol.md 4.6): members get in, and all others see one behaviour, whatever they try.

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <vector>

#include "core/pool/raw_peer.h"

namespace holdfast {
namespace {

constexpr WallTime kNoon = {1'800'000'000'000};

Pair::Options Members(bool mutual, Suite suite) {
  Pair::Options options;
  options.client.suite = suite;
  if (mutual) options.client.static_key = Pair::ClientKey();
  options.client.network_key = options.network_key = Pair::SomeNetworkKey();
  return options;
}

// What a client that is a member writes first.
Bytes Greeting(std::optional<WallTime> wall, bool mutual = false) {
  ClientConfig config;
  config.network_key = Pair::SomeNetworkKey();
  config.server_key = Pair::ServerKey().public_key();
  if (mutual) config.static_key = Pair::ClientKey();
  Client client(config);
  StreamEntropy entropy(7, "greeting");
  const Time now{1ns};
  if (wall) client.SetClock(now, *wall);
  client.TransportOpened(now);
  Bytes written;
  while (auto event = client.Poll(now, entropy)) {
    if (const auto* write = std::get_if<event::Write>(&event->what)) Append(written, write->bytes);
  }
  return written;
}

// A listener of a private network, and what somebody outside sees of it.
struct Listener {
  explicit Listener(std::optional<WallTime> wall = kNoon) : server(Config()) {
    if (wall) server.SetClock(now, *wall);
  }
  static ServerConfig Config() {
    ServerConfig config{.static_key = Pair::ServerKey()};
    config.network_key = Pair::SomeNetworkKey();
    return config;
  }

  struct Seen {
    size_t written = 0;
    std::optional<Duration> closed_after;
    std::optional<Error> why;  // Not seen from outside.
    bool operator==(const Seen& other) const { return written == other.written && closed_after == other.closed_after; }
  };

  void Drain(TransportId transport, Seen& seen, Time opened) {
    while (auto event = server.Poll(now, entropy)) {
      if (event->transport != transport) continue;
      if (const auto* write = std::get_if<event::Write>(&event->what)) seen.written += write->bytes.size();
      if (const auto* close = std::get_if<event::CloseTransport>(&event->what)) {
        seen.closed_after = now - opened;
        seen.why = close->why;
      }
    }
  }

  // Opens a transport, says `bytes` in pieces with pauses between them, and waits.
  Seen Say(const Bytes& bytes, size_t piece = SIZE_MAX, Duration pause = {}) {
    const Time opened = now;
    const TransportId transport = server.TransportOpened(now);
    Seen seen;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      const size_t size = std::min(piece, bytes.size() - at);
      server.Receive(now, transport, ByteSpan(bytes).subspan(at, size));
      Drain(transport, seen, opened);
      now += pause;
      server.Tick(now);
      Drain(transport, seen, opened);
      if (piece > bytes.size()) break;
    }
    while (!seen.closed_after && server.Deadline() != kNever) {
      now = std::max(now, server.Deadline());
      server.Tick(now);
      Drain(transport, seen, opened);
    }
    return seen;
  }

  Time now{1ns};
  Server server;
  StreamEntropy entropy{3, "listener"};
};

const Listener::Seen kNothing = {0, limits::kHandshakeTime, std::nullopt};

// HF-NEW-16, HF-KEY-12.
TEST(PrivateNetwork, LetsMembersIn) {
  for (bool mutual : {false, true}) {
    for (Suite suite : {Suite::kChaChaPoly, Suite::kAesGcm}) {
      for (bool clocks : {false, true}) {
        Pair pair(Members(mutual, suite));
        if (clocks) pair.client.SetClock(pair.now, kNoon);
        if (clocks) pair.server.SetClock(pair.now, {kNoon.unix_ms + 100'000});
        pair.client.Send(pair.now, TestPattern(5000));
        TestPipe& pipe = pair.Connect();
        pair.Run();
        if (mutual) pair.server.Judge(pair.now, pair.server_session, true);
        pair.Run();
        EXPECT_EQ(pair.server_side.delivered, TestPattern(5000));
        pair.Cut(pipe);  // A resume needs no network key.
        pair.client.Send(pair.now, TestPattern(5000, 3));
        pair.RunFor(10s);
        EXPECT_EQ(pair.server_side.delivered.size(), 10000U);
      }
    }
  }
}

TEST(PrivateNetwork, AnswersAMember) {
  for (bool mutual : {false, true}) EXPECT_EQ(Listener().Say(Greeting(kNoon, mutual)).written, 114U);
}

// HF-PRE-15, HF-SEC-7.
TEST(PrivateNetwork, LooksTheSameWhicheverBitOfAGreetingWasWrong) {
  const Bytes greeting = Greeting(kNoon);
  for (size_t bit = 0; bit < 8 * greeting.size(); ++bit) {
    Bytes flipped = greeting;
    flipped[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_EQ(Listener().Say(flipped), kNothing) << bit;
  }
}

TEST(PrivateNetwork, LooksTheSameHoweverMuchOfAGreetingComes) {
  const Bytes greeting = Greeting(kNoon);
  for (size_t size = 0; size < greeting.size(); ++size) {
    EXPECT_EQ(Listener().Say(Bytes(greeting.begin(), greeting.begin() + static_cast<ptrdiff_t>(size))), kNothing);
  }
}

// Noise of any length, at once or dripped: no reaction depends on how much.
TEST(PrivateNetwork, LooksTheSameForNoiseOfAnyLengthAndPace) {
  for (size_t size = 1; size < 300; size += 7) {
    for (Duration pause : {Duration(0), Duration(50ms)}) {
      EXPECT_EQ(Listener().Say(TestPattern(size), 1, pause), kNothing) << size;
      Bytes polite = Encode(PreambleOf(Kind::kNew, PatternId::kNxPsk0, Suite::kChaChaPoly));
      Append(polite, TestPattern(size));
      EXPECT_EQ(Listener().Say(polite, 1, pause), kNothing) << size;
    }
  }
  EXPECT_EQ(Listener().Say(TestPattern(200'000)), kNothing);
}

// HF-PRE-15: no hint, whatever is asked for.
TEST(PrivateNetwork, NeverHints) {
  for (int version : {0, 1, 2}) {
    for (int kind : {0, 1, 2, 3}) {
      for (int pattern = 0; pattern < 7; ++pattern) {
        for (int suite : {0, 1, 2, 3}) {
          Preamble preamble =
              PreambleOf(static_cast<Kind>(kind), static_cast<PatternId>(pattern), static_cast<Suite>(suite));
          preamble.version = static_cast<uint8_t>(version);
          Bytes said = Encode(preamble);
          said.resize(200);
          EXPECT_EQ(Listener().Say(said), kNothing);
        }
      }
    }
  }
}

// HF-NEW-17.
TEST(PrivateNetwork, RefusesARecordedGreetingAsLongAsItsStampWouldDoAndAfterwards) {
  for (Duration wait : {Duration(0), Duration(1s), Duration(29s), Duration(119s), Duration(121s), Duration(400s)}) {
    Listener listener;
    const Bytes greeting = Greeting(kNoon);
    EXPECT_EQ(listener.Say(greeting).written, 114U);
    listener.now = Time(1ns) + std::max(wait, listener.now - Time(1ns));
    listener.server.Tick(listener.now);
    EXPECT_EQ(listener.Say(greeting), kNothing);
  }
}

TEST(PrivateNetwork, TellsARecorderThatAMemberListensIfItHasNoClock) {
  Listener listener(std::nullopt);
  const Bytes greeting = Greeting(kNoon);
  EXPECT_EQ(listener.Say(greeting).written, 114U);
  EXPECT_EQ(listener.Say(greeting).written, 114U);
}

// HF-NEW-17.
TEST(PrivateNetwork, RefusesAClockThatIsTooFarFromItsOwn) {
  const auto window = static_cast<uint64_t>(limits::kClockWindow / 1ms);
  for (uint64_t off : {uint64_t{0}, window - 1, window}) {
    EXPECT_GT(Listener().Say(Greeting(WallTime{kNoon.unix_ms + off})).written, 0U) << off;
    EXPECT_GT(Listener().Say(Greeting(WallTime{kNoon.unix_ms - off})).written, 0U) << off;
  }
  for (uint64_t off : {window + 1, 2 * window, kNoon.unix_ms}) {
    EXPECT_EQ(Listener().Say(Greeting(WallTime{kNoon.unix_ms + off})), kNothing) << off;
    EXPECT_EQ(Listener().Say(Greeting(WallTime{kNoon.unix_ms - off})), kNothing) << off;
  }
  EXPECT_EQ(Listener().Say(Greeting(std::nullopt)), kNothing);
}

TEST(PrivateNetwork, IsClosedToTheHolderOfAnotherKeyAndToThePublic) {
  for (int which : {0, 1}) {
    Pair::Options options = Members(false, Suite::kChaChaPoly);
    options.client.network_key = which == 0 ? std::optional(Pair::SomeNetworkKey(80)) : std::nullopt;
    Pair pair(options);
    pair.client.Send(pair.now, TestPattern(100));
    pair.Connect();
    pair.RunFor(1h);
    EXPECT_EQ(pair.server.census().sessions + pair.server.census().embryos, 0U);
    EXPECT_TRUE(pair.server_side.delivered.empty());
    EXPECT_EQ(pair.client_side.log[0], "CloseTransport kTimedOut");
  }
}

TEST(PrivateNetwork, IsHintedAtByAServerThatIsInNone) {
  Pair::Options options = Members(false, Suite::kChaChaPoly);
  options.network_key.reset();
  Pair pair(options);
  pair.Connect();
  pair.Run();
  EXPECT_EQ(pair.client_side.log[0], "CloseTransport kUnsupportedPattern");
}

// HF-PRE-15: nor does a listener that knows the session tell a recorder so.
TEST(PrivateNetwork, LooksTheSameToWhoRepeatsAResume) {
  Pair pair(Members(false, Suite::kChaChaPoly));
  TestPipe& first = pair.Connect();
  pair.Run();
  pair.Cut(first);
  pair.dial_at.reset();
  TestPipe& second = pair.Connect();
  pair.PollClient();
  const Bytes recorded = second.to_server;
  pair.Run();
  const TransportId transport = pair.server.TransportOpened(pair.now);
  pair.server.Receive(pair.now, transport, recorded);
  Time closed = kNever;
  for (const Time opened = pair.now; closed == kNever && pair.now < opened + 1h;) {
    while (auto event = pair.server.Poll(pair.now, pair.server_entropy())) {
      if (event->transport != transport) continue;
      EXPECT_FALSE(std::holds_alternative<event::Write>(event->what));
      if (std::holds_alternative<event::CloseTransport>(event->what)) closed = pair.now;
    }
    if (closed != kNever) {
      EXPECT_EQ(closed - opened, limits::kHandshakeTime);
    }
    pair.now = std::max(pair.now, pair.server.Deadline());
    pair.server.Tick(pair.now);
  }
  EXPECT_NE(closed, kNever);
}

}  // namespace
}  // namespace holdfast
