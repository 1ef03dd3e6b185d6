// What came before a transport's first byte, and is bound into its handshake (docs/protocol.md 16.4).

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/pool/pair.h"

namespace holdfast {
namespace {

Pair::Options Some(bool is_private, bool mutual) {
  Pair::Options options;
  if (is_private) options.client.network_key = options.network_key = Pair::SomeNetworkKey();
  if (mutual) options.client.static_key = Pair::ClientKey();
  return options;
}

void Open(Pair& pair) {
  pair.Run();
  if (pair.server_side.presented) pair.server.Judge(pair.now, pair.server_session, true);
  pair.Run();
}

// How often a transport was attached to the client's session.
auto Starts(const Pair& pair) {
  return std::ranges::count_if(pair.client_side.log,
                               [](const std::string& entry) { return entry == "Opened" || entry == "Resumed"; });
}

// HF-NET-10.
TEST(Bound, IsNoMatterIfBothEndsSayTheSame) {
  for (bool is_private : {false, true}) {
    for (bool mutual : {false, true}) {
      Pair pair(Some(is_private, mutual));
      pair.client.Send(pair.now, TestPattern(3000));
      pair.client_bound = pair.server_bound = TestPattern(36, 1);
      pair.Connect();
      Open(pair);
      EXPECT_EQ(pair.server_side.delivered, TestPattern(3000));
      for (size_t size : {size_t{24}, size_t{0}, limits::kBoundBytesMax}) {
        pair.Cut(pair.pipes.back());
        pair.client_bound = pair.server_bound = TestPattern(size, 2);
        pair.Connect();
        pair.Run();
        EXPECT_EQ(pair.client_side.log.back(), "Resumed");
      }
    }
  }
}

// HF-NET-10.
TEST(Bound, CostsAnAttemptAndNothingElseIfTheySayDifferentThings) {
  for (bool is_private : {false, true}) {
    for (bool mutual : {false, true}) {
      Pair pair(Some(is_private, mutual));
      pair.client.Send(pair.now, TestPattern(3000));
      const auto differ = [&] {
        const auto starts = Starts(pair);
        for (const auto& [client, server] :
             {std::pair(TestPattern(24, 1), Bytes()), std::pair(Bytes(), TestPattern(24, 1)),
              std::pair(TestPattern(24, 1), TestPattern(24, 2)), std::pair(TestPattern(24, 1), TestPattern(23, 1))}) {
          pair.client_bound = client;
          pair.server_bound = server;
          pair.Connect();
          pair.Run();
          EXPECT_EQ(Starts(pair), starts);
          pair.Cut(pair.pipes.back());
        }
      };
      differ();
      EXPECT_TRUE(pair.server_side.delivered.empty());
      pair.client_bound = pair.server_bound = TestPattern(24, 3);
      pair.Connect();
      Open(pair);
      EXPECT_EQ(pair.server_side.delivered, TestPattern(3000));
      pair.Cut(pair.pipes.back());
      pair.client.Send(pair.now, TestPattern(100, 9));
      differ();
      EXPECT_EQ(pair.server_side.delivered.size(), 3000U);
      pair.client_bound = pair.server_bound = TestPattern(24, 4);
      pair.Connect();
      pair.Run();
      EXPECT_EQ(pair.server_side.delivered.size(), 3100U);
    }
  }
}

TEST(Bound, IsPartOfTheStateUntilMessage1) {
  Pair one{Pair::Options()};
  Pair other{Pair::Options()};
  other.client_bound = other.server_bound = TestPattern(24);
  one.Connect();
  other.Connect();
  EXPECT_NE(one.client.StateDigest(), other.client.StateDigest());
  EXPECT_NE(one.server.StateDigest(), other.server.StateDigest());
  Client fork = other.client.ForkForSimulation(ForkKey());
  EXPECT_EQ(fork.StateDigest(), other.client.StateDigest());
}

}  // namespace
}  // namespace holdfast
