#pragma once

// What tests of moving share: a transfer in many small steps, and its ends that move in the middle of it.

#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "core/pool/moving.h"
#include "core/pool/pair.h"

namespace holdfast {

inline constexpr size_t kBytes = 3000;  // Of each stream.

// Many small steps: little credit, little records.
inline Pair::Options SmallSteps() {
  Pair::Options options;
  for (SessionOptions* session : {&options.client.session, &options.server_session}) {
    session->receive_window = 128;
    session->replay_bytes_max = 256;
    session->data_bytes_first = 32;
    session->data_bytes_max = 64;
  }
  return options;
}

inline ServerConfig ConfigOf(const Pair::Options& options) {
  ServerConfig config{.static_key = Pair::ServerKey()};
  config.session = options.server_session;
  return config;
}

// Both applications send what there is room for, and finish.
inline void Feed(Pair& pair) {
  const Bytes all = TestPattern(kBytes);
  const auto rest = [&all](uint64_t written) { return ByteSpan(all).subspan(static_cast<size_t>(written)); };
  if (const auto view = pair.client.View(); !view.finish_wanted) {
    pair.client.Send(pair.now, rest(view.written));
    if (pair.client.View().written == kBytes) pair.client.Finish(pair.now);
  }
  const auto view = pair.server.View(pair.server_session);
  if (view && pair.server.state(pair.server_session) != ServerState::kTombstone && !view->finish_wanted) {
    pair.server.Send(pair.now, pair.server_session, rest(view->written));
    if (pair.server.View(pair.server_session)->written == kBytes) pair.server.Finish(pair.now, pair.server_session);
  }
}

// `count` steps of a transfer: the bytes under way in one direction arrive, then those in the other; every
// `cut_every`th step the transport dies instead. Whether it was not over before.
inline bool Steps(Pair& pair, int count, int cut_every) {
  pair.PollClient();
  for (int step = 1; step <= count; ++step) {
    Feed(pair);
    pair.PollClient();
    pair.PollServer();
    if (pair.client_side.ending && pair.server_side.ending) return false;
    if (pair.dial_at) {
      pair.now = std::max(pair.now, *std::exchange(pair.dial_at, std::nullopt));
      pair.Connect();
      pair.PollClient();
    } else if (step % cut_every == 0) {
      pair.Cut(pair.pipes.back());
    } else {
      pair.Carry(pair.pipes.back(), step % 2 == 0);
    }
  }
  return true;
}

// The network is good from here on: everything must arrive.
inline void ExpectAllArrives(Pair& pair) {
  for (int round = 0; round < 1000 && !pair.Over(); ++round) {
    Feed(pair);
    pair.RunFor(50ms);
  }
  for (const TestSide* side : {&pair.client_side, &pair.server_side}) {
    EXPECT_EQ(side->delivered, TestPattern(kBytes));
    EXPECT_EQ(side->finished, 1U);
    EXPECT_EQ(std::count(side->log.begin(), side->log.end(), "MISPLACED"), 0);
    ASSERT_TRUE(side->ending);
    EXPECT_EQ(side->ending->cause, Cause::kFinished);
  }
}

// No transport of the old server leads to the new one.
inline void Replace(Pair& pair, Server next, SessionId session) {
  pair.server = std::move(next);
  pair.server_session = session;
  for (TestPipe& pipe : pair.pipes) {
    pipe.server_up = false;
    pipe.server_id = TransportId::kNone;
  }
}

RestBlob CopyOf(const RestBlob& blob) { return RestBlob::FromBytes(blob.bytes()); }

// The server's session goes on in another server; whether there was one that can.
inline bool MoveAtRest(Pair& pair, const ServerConfig& config) {
  StreamEntropy entropy(7, "export");
  pair.PollServer();
  auto blob = pair.server.ExportAtRest(pair.now, pair.server_session, entropy);
  if (!blob) {
    EXPECT_EQ(blob.error(), Error::kNotMovable);
    return false;
  }
  pair.PollServer();  // Closes the transports.
  EXPECT_EQ(pair.server.state(pair.server_session), std::nullopt);
  EXPECT_EQ(pair.server.census().sessions + pair.server.census().tombstones, 0U);
  Server next(config);
  const auto session = next.ImportAtRest(pair.now, CopyOf(*blob));
  EXPECT_TRUE(session);
  if (session) Replace(pair, std::move(next), *session);
  return session.has_value();
}

inline MoveTicket TicketOf(uint64_t seed) {
  StreamEntropy entropy(seed, "ticket");
  return MoveTicket::Make(entropy);
}

// Likewise with its transport, which keeps its bytes.
inline bool MoveLive(Pair& pair, const ServerConfig& config) {
  StreamEntropy entropy(7, "export");
  pair.PollServer();
  MoveTicket ticket = TicketOf(1);
  auto live = pair.server.ExportLive(pair.now, pair.server_session, ticket.key(), entropy);
  if (!live) {
    EXPECT_EQ(live.error(), Error::kNotMovable);
    return false;
  }
  EXPECT_EQ(pair.server.LastSeal(ForkKey(), live->transport), std::nullopt);
  pair.PollServer();
  Server next(config);
  auto imported = next.ImportLive(pair.now, std::move(ticket), live->blob.bytes());
  EXPECT_TRUE(imported);
  if (!imported) return false;
  size_t at = 0;
  while (pair.pipes[at].server_id != live->transport) ++at;
  EXPECT_TRUE(pair.pipes[at].server_up) << "the transport lives";
  Replace(pair, std::move(next), imported->session);
  pair.pipes[at].server_up = true;
  pair.pipes[at].server_id = imported->transport;
  return true;
}

inline void MoveClient(Pair& pair, const Pair::Options& options) {
  StreamEntropy entropy(7, "export");
  pair.PollClient();
  const SessionView before = pair.client.View();
  auto blob = pair.client.ExportAtRest(pair.now, entropy);
  if (!blob) {
    EXPECT_EQ(blob.error(), Error::kNotMovable);
    return;
  }
  pair.PollClient();
  EXPECT_EQ(pair.client.state(), ClientState::kEnded);
  EXPECT_EQ(pair.client.Deadline(), kNever);
  for (TestPipe& pipe : pair.pipes) {
    EXPECT_FALSE(pipe.client_up);
    pipe.client_id = TransportId::kNone;
  }
  pair.dial_at.reset();
  ClientConfig config = options.client;
  config.server_key = Pair::ServerKey().public_key();
  auto next = Client::ImportAtRest(pair.now, config, CopyOf(*blob));
  ASSERT_TRUE(next);
  pair.client = std::move(*next);
  const SessionView after = pair.client.View();
  EXPECT_EQ(after.epoch, before.epoch);
  EXPECT_EQ(after.attempt, before.attempt);
  EXPECT_EQ(after.written, before.written);
  EXPECT_EQ(after.received, before.received);
}

// A session in the middle of a transfer, attached.
inline Pair Halfway(const Pair::Options& options = SmallSteps()) {
  Pair pair(options);
  Steps(pair, 14, 1000);
  EXPECT_EQ(pair.server.state(pair.server_session), ServerState::kAttached);
  return pair;
}

inline RestBlob ExportOf(Pair& pair, uint64_t seed = 7) {
  StreamEntropy entropy(seed, "export");
  pair.PollServer();
  return *pair.server.ExportAtRest(pair.now, pair.server_session, entropy);
}

}  // namespace holdfast
