// What a session of the legacy profile survives, whatever is cut, and wherever.

#include <gtest/gtest.h>

#include "core/legacy/wires.h"

namespace holdfast::legacy {
namespace {

// What the application of each side wants to say, and whether the other had exactly that.
struct Talk {
  Talk(Wires& wires_in, TestClient& client_in) : wires(wires_in), client(client_in) {}

  void Up(ByteSpan bytes) {
    Append(up, bytes);
    wires.Send(client, bytes);
  }
  void Down(ByteSpan bytes) {
    Append(down, bytes);
    wires.Send(id, bytes);
  }
  void Open() {
    wires.Connect(client);
    wires.Run();
    id = wires.last_id;
  }
  void ExpectAll() const {
    EXPECT_EQ(client.delivered, down);
    auto at_server = wires.delivered.find(id);
    EXPECT_EQ(at_server == wires.delivered.end() ? Bytes() : at_server->second, up);
    EXPECT_EQ(wires.pool.sessions(), 1U);
  }

  Wires& wires;
  TestClient& client;
  int32_t id = 0;
  Bytes up = {};
  Bytes down = {};
};

TEST(LegacyResume, WorksAfterAnyNumberOfBytesEitherWay) {
  constexpr size_t kCounts[] = {0,     1,     255,   256,   257,   511,   512,    513,    65279,  65280, 65281,
                                65535, 65536, 65537, 65791, 65792, 65793, 131071, 131072, 131073, 200000};
  for (size_t down : kCounts) {
    for (size_t up : kCounts) {
      if (up % 256 != 0 && down % 256 != 0 && up != down) continue;  // Each with each would take a while.
      Wires wires;
      Talk talk(wires, wires.Add());
      talk.Open();
      talk.Down(Noise(down, 1));
      talk.Up(Noise(up, 2));
      wires.Run();
      wires.Reconnect(talk.client);
      talk.Down(Noise(300, 3));
      talk.Up(Noise(300, 4));
      wires.Run();
      talk.ExpectAll();
      ASSERT_EQ(Wires::Count(talk.client.log, "Resumed"), 1U) << down << " down, " << up << " up";
      ASSERT_EQ(Wires::Count(wires.log, "Resumed"), 1U);
      ASSERT_FALSE(testing::Test::HasFailure()) << down << " down, " << up << " up";
    }
  }
}

TEST(LegacyResume, BringsBackEveryByteOfTheWindowAndEndsBeyondIt) {
  for (size_t before : {0U, 1U, 255U, 256U, 300U, 65535U, 65536U, 70000U}) {
    for (size_t lost : {1U, 255U, 256U, 65280U, 65535U, 65536U, 65537U, 65792U, 66000U}) {
      for (bool up : {false, true}) {
        Wires wires;
        Talk talk(wires, wires.Add({.beyond_window_answers = 1}));
        talk.Open();
        talk.Down(Noise(before, 1));
        talk.Up(Noise(before, 2));
        wires.Run();
        if (up) talk.Up(Noise(lost, 3));
        if (!up) talk.Down(Noise(lost, 3));
        wires.Reconnect(talk.client);
        if (lost <= kWindowBytes) {
          talk.ExpectAll();
        } else if (up) {
          EXPECT_EQ(talk.client.client.ended(), Reason::kBeyondWindow);
        } else if (before == 0) {
          EXPECT_EQ(Wires::Count(wires.log, "Ended kBeyondWindow"), 1U);  // The proof said whose it was.
        } else {
          EXPECT_EQ(Wires::Count(wires.log, "Close kUnknownSession"), 1U);
          wires.now += kDetachedTime;
          wires.Tick();
          EXPECT_EQ(Wires::Count(wires.log, "Ended kDetachedTooLong"), 1U);
          EXPECT_EQ(talk.client.client.ended(), Reason::kDetachedTooLong);
        }
        ASSERT_FALSE(testing::Test::HasFailure()) << before << " before, " << lost << " lost, up " << up;
      }
    }
  }
}

TEST(LegacyResume, WorksWhenTheWireIsCutAtAnyByteOfEitherDirection) {
  for (size_t received : {0U, 10U, 300U}) {
    for (bool to_server : {true, false}) {
      for (size_t cut = 0; cut <= 60; ++cut) {
        Wires wires;
        Talk talk(wires, wires.Add());
        // Once during the first handshake, and once more during the resume.
        for (int round = 0; round < 2; ++round) {
          TestWire& wire = wires.Connect(talk.client);
          if (round == 0) talk.Up(Noise(20, 1));
          for (size_t left = cut; left > 0;) {  // The other direction flows freely.
            while (wires.Carry(wire, !to_server)) {
            }
            const size_t before = (to_server ? wire.to_server : wire.to_client).size();
            if (before == 0) break;
            const size_t step = std::min(left, before);
            wires.Carry(wire, to_server, step);
            left -= step;
          }
          while (wires.Carry(wire, !to_server)) {
          }
          if (wires.last_id != 0) talk.id = wires.last_id;
          if (round == 0 && talk.id != 0) talk.Down(Noise(received, 2));
          wires.Cut(talk.client);
        }
        wires.Connect(talk.client);
        wires.Run();
        talk.id = wires.last_id;
        talk.Up(Noise(20, 4));
        talk.Down(Noise(20, 5));
        wires.Run();
        talk.ExpectAll();
        ASSERT_FALSE(testing::Test::HasFailure()) << "cut at " << cut << ", to server " << to_server;
      }
    }
  }
}

TEST(LegacyResume, DeliversExactlyWhatWasSentOverRandomCutsAndSplits) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    NamedStream random(seed, "cuts");
    Wires wires({.seed = seed}, 1 + random.Below(random.Below(2) == 0 ? 20 : 5000));
    Talk talk(wires, wires.Add());
    talk.Open();
    size_t up_left = kWindowBytes;  // What a cut may lose.
    size_t down_left = kWindowBytes;
    for (int step = 0; step < 40; ++step) {
      const uint64_t size = random.Below(3000);
      switch (random.Below(6)) {
        case 0:
          talk.Up(Noise(size, seed + size)), up_left -= size;
          break;
        case 1:
          talk.Down(Noise(size, seed - size)), down_left -= size;
          break;
        case 2:
          if (talk.client.wire->client_up) wires.Carry(*talk.client.wire, random.Below(2) == 0, size);
          break;
        case 3:
          wires.Cut(talk.client);
          break;
        case 4:
          wires.CutClient(talk.client);
          break;  // The server still hears what was under way.
        default:
          wires.Connect(talk.client);
          if (random.Below(2) == 0) wires.Run();
          break;
      }
      if (up_left < 3000 || down_left < 3000) {
        wires.Connect(talk.client);
        wires.Run();
        up_left = down_left = kWindowBytes;
      }
    }
    wires.Connect(talk.client);
    wires.Run();
    talk.ExpectAll();
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

TEST(LegacyResume, GivesTheSameStreamsForEverySplitOfEveryHandshakeMessage) {
  for (bool resume : {false, true}) {
    for (size_t segment = 1; segment <= 24; ++segment) {
      Wires wires({.seed = 5}, segment);
      Talk talk(wires, wires.Add());
      talk.Up(Noise(10, 1));
      talk.Open();
      talk.Down(Noise(10, 2));
      if (resume) wires.Run();
      wires.Reconnect(talk.client);
      talk.Up(Noise(10, 3));
      wires.Run();
      talk.ExpectAll();
      ASSERT_FALSE(testing::Test::HasFailure()) << "segments of " << segment;
    }
  }
}

// Nothing was received, and the proof may or may not have arrived: the one case that the original's wire has no
// request for.
TEST(LegacyResumeAtZero, GoesOnWithTheSessionThatTheServerHas) {
  Wires wires;
  Talk talk(wires, wires.Add());
  talk.Open();
  talk.Up(AsBytes("hello"));
  wires.Run();
  talk.Up(AsBytes(" and more"));  // Lost.
  talk.Down(Noise(1000));         // Likewise.
  wires.Reconnect(talk.client);
  talk.ExpectAll();
  EXPECT_EQ(wires.log, (std::vector<std::string>{"Opened", "Suspended", "Resumed"}));
}

TEST(LegacyResumeAtZero, BeginsAnewIfTheProofNeverArrived) {
  Wires wires;
  Talk talk(wires, wires.Add());
  talk.Up(AsBytes("hello"));
  TestWire& wire = wires.Connect(talk.client);
  wires.Carry(wire, true);
  wires.Carry(wire, false);
  EXPECT_EQ(talk.client.log, std::vector<std::string>{"Opened"});
  talk.Up(AsBytes(" and more"));
  wires.Cut(talk.client);
  talk.Up(AsBytes(" and yet more"));
  wires.Reconnect(talk.client);
  talk.id = wires.last_id;
  talk.ExpectAll();
}

TEST(LegacyResumeAtZero, EndsIfMoreWasSentThanIsKeptAndTheProofNeverArrived) {
  Wires wires;
  Talk talk(wires, wires.Add());
  TestWire& wire = wires.Connect(talk.client);
  wires.Carry(wire, true);
  wires.Carry(wire, false);
  talk.Up(Noise(kWindowBytes + 1));
  wires.Reconnect(talk.client);
  EXPECT_EQ(talk.client.client.ended(), Reason::kBeyondWindow);
}

TEST(LegacyResumeAtZero, RefusesACountOfWhatWasNeverSent) {
  Wires wires;
  Talk talk(wires, wires.Add());
  talk.Open();
  talk.Up(AsBytes("hello"));
  wires.Run();
  wires.Cut(talk.client);
  TestWire& wire = wires.Connect(talk.client);
  wires.Carry(wire, true);
  wire.to_client[8] = 6;  // The low half of the challenge: of five bytes.
  wires.Carry(wire, false);
  EXPECT_EQ(talk.client.log.back(), "AttemptFailed kImpossibleCount");
}

TEST(LegacyResume, TakesNoProofOfAnOlderAttemptThanTheLastThatSucceeded) {
  for (size_t received : {0U, 10U}) {
    Wires wires;
    Talk talk(wires, wires.Add());
    talk.Open();
    talk.Up(Noise(10));
    talk.Down(Noise(received));
    wires.Run();
    wires.Cut(talk.client);
    TestWire& older = wires.Connect(talk.client);
    wires.Carry(older, true);
    wires.Carry(older, false);  // Its proof is under way.
    wires.CutClient(talk.client);
    TestWire& newer = wires.Connect(talk.client);
    while (wires.Carry(newer, true) || wires.Carry(newer, false)) {
    }
    wires.Run();
    EXPECT_EQ(wires.closed, std::vector<int>{older.fd});
    EXPECT_EQ(Wires::Count(wires.log, "Close kStaleAttempt"), 1U);
    talk.Down(Noise(20));
    wires.Run();
    talk.ExpectAll();
  }
}

TEST(LegacyResumeAtZero, HasAProofThatComesAfterTheNextHelloRefused) {
  Wires wires;
  Talk talk(wires, wires.Add());
  talk.Up(AsBytes("hello"));
  TestWire& first = wires.Connect(talk.client);
  wires.Carry(first, true);
  wires.Carry(first, false);  // The proof and the data are under way.
  wires.CutClient(talk.client);
  TestWire& second = wires.Connect(talk.client);
  wires.Carry(second, true);
  wires.Carry(first, true);
  wires.Run();
  talk.id = wires.last_id;
  talk.ExpectAll();
  EXPECT_EQ(wires.log, (std::vector<std::string>{"Close kStaleAttempt", "Opened"}));
}

TEST(LegacyResumeAtZero, HasEveryProofThatComesAfterTheNextHelloRefused) {
  Wires wires;
  Talk talk(wires, wires.Add());
  talk.Up(AsBytes("hello"));
  // Every proof is late, and so is the hello of the third attempt, which says what that of the fourth does.
  std::vector<TestWire*> attempts;
  for (int attempt = 0; attempt < 4; ++attempt) {
    TestWire& wire = *attempts.emplace_back(&wires.Connect(talk.client));
    if (attempt != 2) wires.Carry(wire, true);
    wires.Carry(wire, false);
    wires.CutClient(talk.client);
  }
  wires.Carry(*attempts[2], true);
  wires.Carry(wires.Connect(talk.client), true);
  wires.Run();
  talk.id = wires.last_id;
  talk.ExpectAll();
  EXPECT_EQ(Wires::Count(wires.log, "Opened"), 1U);
  EXPECT_EQ(Wires::Count(wires.log, "Close kStaleAttempt"), 4U);
}

TEST(LegacyResumeAtZero, NeverGivesASecondServersApplicationWhatTheFirstOnesMayHave) {
  Wires wires;
  Talk talk(wires, wires.Add());
  talk.Open();
  talk.Up(AsBytes("hello"));
  wires.Run();
  wires.Cut(talk.client);
  wires.pool = Pool({.seed = 6});
  wires.Connect(talk.client);
  wires.Run();
  EXPECT_EQ(talk.client.client.ended(), Reason::kServerForgot);
  EXPECT_EQ(wires.pool.sessions(), 0U);
}

TEST(LegacyResumeAtZero, BeginsAnewWithAnyServerIfNothingWasSentEither) {
  Wires wires;
  Talk talk(wires, wires.Add());
  talk.Open();
  wires.Cut(talk.client);
  wires.pool = Pool({.seed = 6});
  wires.Connect(talk.client);
  wires.Run();
  talk.id = wires.last_id;
  talk.Up(AsBytes("hello"));
  wires.Run();
  talk.ExpectAll();
}

TEST(LegacyResumeAtZero, IsRefusedOnceTheSessionHasEnded) {
  Wires wires;
  Talk talk(wires, wires.Add());
  talk.Open();
  talk.Up(AsBytes("hello"));
  wires.Run();
  wires.Cut(talk.client);
  wires.pool.End(wires.now, talk.id, Reason::kClosed);
  wires.Connect(talk.client);
  wires.Run();
  EXPECT_EQ(Wires::Count(wires.log, "Close kSessionGone"), 1U);
  EXPECT_EQ(wires.delivered[talk.id], ToBytes(AsBytes("hello")));
}

TEST(LegacyResume, WithAFlippedBitAnywhereHurtsNobodyElseAndReachesNoCheck) {
  for (size_t received : {0U, 300U}) {
    for (size_t bit = 0; bit < 8 * 40; ++bit) {
      for (bool to_server : {true, false}) {
        Wires wires;
        Talk talk(wires, wires.Add());
        Talk other(wires, wires.Add());
        talk.Open();
        talk.Down(Noise(received));
        other.Open();
        wires.Run();
        wires.Cut(talk.client);
        TestWire& wire = wires.Connect(talk.client);
        size_t at = bit / 8;
        for (int round = 0; round < 4; ++round) {
          for (bool direction : {true, false}) {
            Bytes& bytes = direction ? wire.to_server : wire.to_client;
            if (direction == to_server && at < bytes.size()) bytes[at] ^= static_cast<uint8_t>(1 << (bit % 8));
            if (direction == to_server) at -= std::min(at + 1, bytes.size());
            wires.Carry(wire, direction);
          }
        }
        other.Up(Noise(50));
        wires.Run();
        EXPECT_EQ(wires.delivered[other.id], other.up);
      }
    }
  }
}

}  // namespace
}  // namespace holdfast::legacy
