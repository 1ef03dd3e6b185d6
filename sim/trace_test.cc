#include "sim/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/base/error.h"

namespace holdfast::sim {
namespace {

using testing::HasSubstr;

constexpr Time kNow = Time(Duration(12'345'678'901));
constexpr trace::Opened kOpened = {.client = 0, .transport = 1, .id = 2};

uint64_t HashOf(Time time, Actor actor, const auto& event, ByteSpan bytes = {}) {
  Trace trace;
  trace.Reset(false);
  trace.Add(time, actor, event, bytes);
  return trace.hash();
}

TEST(Trace, HashCoversTimeActorKindValuesAndBytes) {
  const Bytes a = {1, 2, 3};
  const Bytes b = {1, 2, 4};
  const std::set<uint64_t> hashes = {
      HashOf(kNow, Actor::Client(0), kOpened),
      HashOf(kNow + Duration(1), Actor::Client(0), kOpened),
      HashOf(kNow, Actor::Client(1), kOpened),
      HashOf(kNow, Actor::Server(), kOpened),
      HashOf(kNow, Actor::Client(0), trace::Opened{.client = 0, .transport = 1, .id = 3}),
      HashOf(kNow, Actor::Client(0), trace::Close{.client = 0, .transport = 1, .error = 2}),
      HashOf(kNow, Actor::Client(0), kOpened, a),
      HashOf(kNow, Actor::Client(0), kOpened, b),
  };
  EXPECT_EQ(hashes.size(), 8U);
}

TEST(Trace, HashOfBytesSeesEveryPosition) {
  Bytes bytes(100);
  std::set<uint64_t> hashes = {HashOf(kNow, Actor::Server(), kOpened, bytes)};
  for (uint8_t& byte : bytes) {
    byte = 1;
    hashes.insert(HashOf(kNow, Actor::Server(), kOpened, bytes));
    byte = 0;
  }
  for (size_t size = 1; size < 100; ++size) {
    hashes.insert(HashOf(kNow, Actor::Server(), kOpened, ByteSpan(bytes).first(size)));
  }
  EXPECT_EQ(hashes.size(), 200U);
}

TEST(Trace, HashIsTheSameWhetherRowsAreKeptOrNot) {
  Trace kept;
  kept.Reset(true);
  kept.Add(kNow, Actor::Client(3), kOpened);
  EXPECT_EQ(kept.hash(), HashOf(kNow, Actor::Client(3), kOpened));
  EXPECT_EQ(kept.rows().size(), 1U);
}

TEST(Trace, HashDependsOnTheOrder) {
  Trace a, b;
  a.Reset(false);
  b.Reset(false);
  const trace::Closed closed = {.client = 0, .transport = 1};
  a.Add(kNow, Actor::Server(), kOpened);
  a.Add(kNow, Actor::Server(), closed);
  b.Add(kNow, Actor::Server(), closed);
  b.Add(kNow, Actor::Server(), kOpened);
  EXPECT_NE(a.hash(), b.hash());
}

TEST(Trace, ReadsInFixedColumns) {
  Trace trace;
  trace.Reset(true);
  const Bytes bytes(97);
  trace.Add(kNow, Actor::Client(0),
            trace::Write{.client = 0, .transport = 1, .dir = 0, .offset = 5, .size = 97, .taken = 60}, bytes);
  trace.Add(Time(Duration(1)), Actor::Server(),
            trace::Close{.client = 2, .transport = kNoTransport, .error = static_cast<uint64_t>(Error::kTimedOut)});
  EXPECT_EQ(TraceText(trace),
            "        12.345678901 client0  Write          client=0 transport=1 dir=c>s offset=5 size=97 taken=60\n"
            "         0.000000001 server   Close          client=2 transport=none error=kTimedOut\n");
  EXPECT_EQ(trace.rows()[0].bytes_size, 97U);
  EXPECT_EQ(trace.bytes(), bytes);
}

TEST(Trace, NamesEveryFieldOfEveryKind) {
  for (size_t kind = 0; kind < kTraceKinds.size(); ++kind) {
    TraceRow row;
    row.kind = static_cast<TraceKind>(kind);
    const std::string line = TraceLine(row);
    EXPECT_THAT(line, HasSubstr(std::string(kTraceKinds[kind].name)));
    EXPECT_LE(kTraceKinds[kind].name.size(), 14U) << line;
    EXPECT_FALSE(kTraceKinds[kind].meaning.empty());
  }
}

}  // namespace
}  // namespace holdfast::sim
