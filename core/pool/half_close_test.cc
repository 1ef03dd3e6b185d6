// Half close: each stream ends by its own FIN, in any order, over any cuts (docs/protocol.md 6.5, 7.2).

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/pool/pair.h"

namespace holdfast {
namespace {

enum class Order { kClientFirst, kServerFirst, kTogether };

// One session in three steps: some bytes both ways; one end finishes (or both); the other sends more, then finishes
// too.
struct Course {
  Course(Order in_order, bool consumes) : order(in_order), explicit_consume(consumes), pair(Config()) {
    pair.RunFor(1s);
  }

  Pair::Options Config() const {
    Pair::Options options;
    options.client.session.explicit_consume = options.server_session.explicit_consume = explicit_consume;
    return options;
  }

  void Send(bool client, const Bytes& bytes) {
    Append(client ? up : down, bytes);
    const size_t sent =
        client ? pair.client.Send(pair.now, bytes) : pair.server.Send(pair.now, pair.server_session, bytes);
    ASSERT_EQ(sent, bytes.size());
  }
  void Finish(bool client) {
    client ? pair.client.Finish(pair.now) : pair.server.Finish(pair.now, pair.server_session);
  }

  // What was delivered so far is consumed, if that has to be said.
  void Consume() {
    if (!explicit_consume) return;
    const SessionView client = pair.client.View();
    pair.client.Consumed(pair.now, client.received - client.consumed);
    const std::optional<SessionView> server = pair.server.View(pair.server_session);
    if (server) pair.server.Consumed(pair.now, pair.server_session, server->received - server->consumed);
  }

  // The transport dies after `size` more bytes in one direction.
  void CutAfter(bool to_server, size_t size) {
    (to_server ? pair.pipes.back().to_server_left : pair.pipes.back().to_client_left) = size;
  }

  void FirstStep() {
    Send(true, TestPattern(20, 1));
    Send(false, TestPattern(30, 2));
    if (order != Order::kServerFirst) Finish(true);
    if (order != Order::kClientFirst) Finish(false);
  }
  void SecondStep() {
    if (order == Order::kServerFirst) Send(true, TestPattern(10, 3)), Finish(true);
    if (order == Order::kClientFirst) Send(false, TestPattern(10, 4)), Finish(false);
  }

  void ExpectHalfClosed() const {
    EXPECT_EQ(pair.server_side.finished, order == Order::kServerFirst ? 0U : 1U);
    EXPECT_EQ(pair.client_side.finished, order == Order::kClientFirst ? 0U : 1U);
    if (order == Order::kTogether) return;
    EXPECT_FALSE(pair.client_side.ending || pair.server_side.ending);
  }
  void ExpectFinished() const {
    EXPECT_EQ(pair.server_side.delivered, up);
    EXPECT_EQ(pair.client_side.delivered, down);
    EXPECT_EQ(pair.server_side.finished, 1U);
    EXPECT_EQ(pair.client_side.finished, 1U);
    EXPECT_EQ(std::ranges::count(pair.client_side.log, "MISPLACED"), 0);
    EXPECT_EQ(std::ranges::count(pair.server_side.log, "MISPLACED"), 0);
    ASSERT_TRUE(pair.client_side.ending && pair.server_side.ending);
    EXPECT_EQ(*pair.client_side.ending, Ending());
    EXPECT_EQ(*pair.server_side.ending, Ending());
  }

  Order order;
  bool explicit_consume;
  Pair pair;
  Bytes up;
  Bytes down;
};

constexpr size_t kCutMax = 130;  // More than any step takes in one direction.

// HF-OFS-19, HF-OFS-20, HF-OFS-21, HF-OFS-22, HF-END-5, HF-END-6, HF-END-7.
TEST(HalfClose, EndsInEveryOrderWhereverTheTransportIsCut) {
  for (Order order : {Order::kClientFirst, Order::kServerFirst, Order::kTogether}) {
    for (bool explicit_consume : {false, true}) {
      for (int cut_step : {1, 2}) {
        for (bool to_server : {true, false}) {
          for (size_t size = 0; size <= kCutMax; ++size) {
            SCOPED_TRACE(testing::Message()
                         << static_cast<int>(order) << explicit_consume << cut_step << to_server << " " << size);
            Course course(order, explicit_consume);
            if (cut_step == 1) course.CutAfter(to_server, size);
            course.FirstStep();
            course.pair.RunFor(5s);
            course.ExpectHalfClosed();
            course.Consume();
            if (cut_step == 2) course.CutAfter(to_server, size);
            course.SecondStep();
            course.pair.RunFor(5s);
            course.Consume();
            course.pair.RunFor(30s);
            course.ExpectFinished();
            if (testing::Test::HasFailure()) return;
          }
        }
      }
    }
  }
}

// While one direction is closed, the other carries bytes for as long as one likes, over resumes.
// HF-OFS-20, HF-END-5.
TEST(HalfClose, LeavesTheOtherDirectionOpen) {
  for (Order order : {Order::kClientFirst, Order::kServerFirst}) {
    Course course(order, false);
    course.FirstStep();
    course.pair.RunFor(1s);
    const bool client_sends = order == Order::kServerFirst;
    for (uint8_t round = 0; round < 50; ++round) {
      course.Send(client_sends, TestPattern(100, round));
      if (round % 5 == 0) course.pair.Cut(course.pair.pipes.back());
      course.pair.RunFor(2s);
      course.ExpectHalfClosed();
      EXPECT_EQ(client_sends ? course.pair.server_side.delivered : course.pair.client_side.delivered,
                client_sends ? course.up : course.down);
    }
    EXPECT_EQ(client_sends ? course.pair.server.Send(course.pair.now, course.pair.server_session, Bytes(1))
                           : course.pair.client.Send(course.pair.now, Bytes(1)),
              0U);
    course.SecondStep();
    course.pair.RunFor(5s);
    course.ExpectFinished();
  }
}

// Finish before the session is open, and while it is suspended.
// HF-OFS-19, HF-OFS-22.
TEST(HalfClose, MayBeWantedAtAnyTime) {
  Pair pair;
  pair.client.Send(pair.now, TestPattern(10));
  pair.client.Finish(pair.now);
  pair.RunFor(1s);
  EXPECT_EQ(pair.server_side.delivered, TestPattern(10));
  EXPECT_EQ(pair.server_side.finished, 1U);
  pair.Cut(pair.pipes.back());
  pair.server.Send(pair.now, pair.server_session, TestPattern(20, 1));
  pair.server.Finish(pair.now, pair.server_session);
  EXPECT_FALSE(pair.client_side.ending);
  pair.RunFor(5s);
  EXPECT_EQ(pair.client_side.delivered, TestPattern(20, 1));
  ASSERT_TRUE(pair.client_side.ending && pair.server_side.ending);
  EXPECT_EQ(pair.client_side.ending->cause, Cause::kFinished);
}

}  // namespace
}  // namespace holdfast
