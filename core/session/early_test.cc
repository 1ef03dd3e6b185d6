#include "core/session/early.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/wire/frames.h"

namespace holdfast {
namespace {

struct Piece {
  uint64_t offset;
  std::string text;
  bool operator==(const Piece&) const = default;
};

std::vector<Piece> PiecesOf(ByteSpan early) {
  std::vector<Piece> pieces;
  Reader reader(early);
  for (;;) {
    auto frame = NextFrame(reader);
    EXPECT_TRUE(frame);
    if (!frame || !*frame) return pieces;
    const auto& data = std::get<DataFrame>(**frame);
    pieces.push_back({data.offset.value, std::string(data.bytes.bytes.begin(), data.bytes.bytes.end())});
  }
}

template <typename F>
void AppendFrame(Bytes& bytes, const F& frame) {
  const size_t start = bytes.size();
  bytes.resize(start + FrameSize(frame));
  Writer writer(MutableByteSpan(bytes).subspan(start));
  WriteFrame(writer, frame);
}

Bytes EarlyOf(const std::vector<Piece>& pieces) {
  Bytes bytes;
  for (const Piece& piece : pieces) AppendFrame(bytes, DataFrame{{piece.offset}, {AsBytes(piece.text)}});
  return bytes;
}

std::string TextOf(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

// A stream that holds "abcdefghijklmnop", of which `sent` bytes went out, `acked` are the peer's, `credit` may go.
SendStream StreamOf(size_t sent, uint64_t acked, uint64_t credit) {
  SendStream stream(100);
  stream.Write(AsBytes("abcdefghijklmnop"));
  EXPECT_TRUE(stream.OnClaims({{0}, {0}, {0}, {credit}, false}));
  stream.TakeChunk(sent);
  EXPECT_TRUE(stream.OnAck({{acked}, {credit}, false}));
  return stream;
}

EarlyRuns RunsOf(const std::vector<EarlyRuns::Run>& list) {
  EarlyRuns runs;
  for (const EarlyRuns::Run& run : list) runs.Add(run.begin, run.end);
  return runs;
}

// HF-RES-29.
TEST(EarlyRuns, AreMergedWhereTheyTouchAndBounded) {
  EarlyRuns runs = RunsOf({{0, 2}, {2, 5}, {5, 5}, {7, 9}});
  ASSERT_EQ(runs.runs().size(), 2U);
  EXPECT_EQ(runs.runs()[0].end, 5U);
  for (uint64_t at = 10; at < 1000; at += 2) runs.Add(at, at + 1);
  EXPECT_EQ(runs.runs().size(), limits::kEarlyRunsMax);
  const uint64_t last = runs.runs().back().end;
  runs.Add(2000, 2001);
  EXPECT_EQ(runs.runs().back().end, last) << "not eligible";
  runs.ForgetBefore(8);
  EXPECT_EQ(runs.runs().size(), limits::kEarlyRunsMax - 1) << "a run that reaches beyond is kept";
  runs.Add(3000, 3001);
  EXPECT_EQ(runs.runs().back().end, 3001U);
}

// Every choice of what was sent, acknowledged and allowed, for every set of eligible bytes of the first eight: what
// goes is eligible, held, within credit and limit, in order, the right bytes, and reachable. HF-RES-29, HF-OFS-9.
TEST(TakeEarly, SendsNoByteThatWasNotAllowed) {
  constexpr size_t kBytes = 8;
  const std::string text = "abcdefghijklmnop";
  for (unsigned allowed = 0; allowed < 1U << kBytes; ++allowed) {
    EarlyRuns runs;
    for (size_t i = 0; i < kBytes; ++i) {
      if ((allowed >> i & 1) != 0) runs.Add(i, i + 1);
    }
    for (size_t sent = 0; sent <= kBytes; ++sent) {
      for (uint64_t acked : {size_t{0}, sent / 2, sent}) {
        for (uint64_t credit : {uint64_t{sent}, uint64_t{6}, uint64_t{100}}) {
          if (credit < sent) continue;
          for (size_t bytes_max : {0U, 1U, 3U, 100U}) {
            SendStream stream = StreamOf(sent, acked, credit);
            const std::vector<Piece> pieces = PiecesOf(TakeEarly(stream, runs, bytes_max));
            uint64_t reach = sent;
            uint64_t from = acked;
            size_t bytes = 0;
            for (const Piece& piece : pieces) {
              const uint64_t end = piece.offset + piece.text.size();
              ASSERT_GE(piece.offset, from);
              ASSERT_LE(piece.offset, reach) << "behind a hole";
              ASSERT_LE(end, credit);
              ASSERT_EQ(piece.text, text.substr(piece.offset, piece.text.size()));
              for (uint64_t i = piece.offset; i < end; ++i) ASSERT_TRUE(allowed >> i & 1) << i;
              from = end;
              reach = std::max(reach, end);
              bytes += piece.text.size();
            }
            ASSERT_LE(bytes, bytes_max);
            ASSERT_EQ(stream.sent(), reach) << "what went out counts as sent";
            const bool first_may = acked < kBytes && acked < credit && (allowed >> acked & 1) != 0 && bytes_max > 0;
            ASSERT_TRUE(!first_may || !pieces.empty());
          }
        }
      }
    }
  }
}

// HF-RES-29.
TEST(TakeEarly, LeavesTheAttachedTransportWhereItWas) {
  SendStream stream = StreamOf(4, 2, 100);
  EXPECT_EQ(PiecesOf(TakeEarly(stream, RunsOf({{0, 8}}), 100)), (std::vector<Piece>{{2, "cdefgh"}}));
  EXPECT_EQ(stream.bytes_replayed(), 2U);
  SendStream::Chunk next = stream.TakeChunk(1);
  EXPECT_EQ(next.offset, 4U);
  ASSERT_TRUE(stream.OnAck({{8}, {100}, false})) << "the peer may acknowledge what came early";
  EXPECT_EQ(stream.TakeChunk(1).offset, 8U);
}

// HF-PRE-8.
TEST(TakeEarly, FillsAMessage1AndNotMore) {
  SendStream stream(10'000);
  stream.Write(Bytes(10'000, 1));
  ASSERT_TRUE(stream.OnClaims({{0}, {0}, {0}, {1 << 20}, false}));
  const Bytes early = TakeEarly(stream, RunsOf({{0, 10'000}}), 10'000);
  EXPECT_LE(early.size(), kEarlyBytesMax);
  EXPECT_GT(early.size(), kEarlyBytesMax - kDataHeaderBytesMax);
  EXPECT_EQ(kEarlyBytesMax, 3996U);
}

// HF-RES-28, HF-OFS-8.
TEST(CheckEarly, RefusesWhatIsNoDataFrameAtEveryPlace) {
  EXPECT_TRUE(CheckEarly({}));
  const Bytes data = EarlyOf({{0, "abc"}, {70, "defgh"}});
  EXPECT_TRUE(CheckEarly(data));
  for (size_t size = 0; size <= data.size(); ++size) {
    const bool whole = size == 0 || size == EarlyOf({{0, "abc"}}).size() || size == data.size();
    const Status status = CheckEarly(ByteSpan(data).first(size));
    EXPECT_EQ(status.has_value(), whole) << size;
    if (!whole) {
      EXPECT_EQ(status.error(), Error::kTruncated) << size;
    }
  }
  for (int type = 0; type < 256; ++type) {
    if (type == static_cast<int>(FrameType::kData)) continue;
    Bytes other = data;
    other.push_back(static_cast<uint8_t>(type));
    EXPECT_EQ(CheckEarly(other).error(), Error::kUnknownFrame) << type;
  }
  Bytes fin;
  AppendFrame(fin, FinFrame{{0}});
  EXPECT_EQ(CheckEarly(fin).error(), Error::kUnknownFrame);
  EXPECT_EQ(CheckEarly(EarlyOf({{0, ""}})).error(), Error::kEmptyData);
  EXPECT_EQ(CheckEarly(EarlyOf({{kVarintMax, "a"}})).error(), Error::kOffsetTooLarge);
}

// HF-RES-31, HF-OFS-11.
TEST(GainOf, IsTheNewSuffixAndIgnoresGapsAndExcess) {
  ReceiveStream in(10);
  ASSERT_TRUE(in.OnData(0, AsBytes("abc")));
  const auto gain = [&in](const std::vector<Piece>& pieces) { return GainOf(in, EarlyOf(pieces)); };
  EXPECT_EQ(TextOf(gain({{0, "abcdef"}}).bytes), "def");
  EXPECT_EQ(gain({{0, "abcdef"}}).offset, 3U);
  EXPECT_EQ(gain({{0, "abcdef"}}).in.received(), 6U);
  EXPECT_EQ(in.received(), 3U) << "nothing has changed yet";
  EXPECT_EQ(TextOf(gain({{1, "bc"}}).bytes), "");
  EXPECT_EQ(TextOf(gain({{4, "e"}}).bytes), "") << "a gap";
  EXPECT_EQ(TextOf(gain({{4, "e"}, {3, "de"}, {5, "f"}}).bytes), "def") << "what follows a gap counts";
  EXPECT_EQ(TextOf(gain({{3, "defghijklmno"}, {3, "d"}}).bytes), "d") << "beyond credit";
  ReceiveStream far(1 << 20, false, {.received = kVarintMax - 2, .consumed = kVarintMax - 2});
  EXPECT_EQ(TextOf(GainOf(far, EarlyOf({{kVarintMax - 2, "ab"}})).bytes), "") << "no stream reaches its limit so";
  EXPECT_EQ(TextOf(GainOf(far, EarlyOf({{kVarintMax - 2, "a"}})).bytes), "a");
  ASSERT_TRUE(in.OnFin(3));
  EXPECT_EQ(TextOf(gain({{0, "abcd"}}).bytes), "") << "beyond the end";
}

// Early data of any shape, as often as one likes: each byte once, in order.
// HF-RES-31.
TEST(GainOf, DeliversNothingTwice) {
  const std::string text = "abcdefghijklmnopqrstuvwxyz";
  NamedStream chance(1, "early");
  for (int round = 0; round < 2000; ++round) {
    ReceiveStream in(20);
    std::string delivered;
    for (int message = 0; message < 5; ++message) {
      std::vector<Piece> pieces;
      for (uint64_t count = chance.Below(4); count > 0; --count) {
        const size_t offset = static_cast<size_t>(chance.Below(text.size() - 1));
        pieces.push_back({offset, text.substr(offset, 1 + static_cast<size_t>(chance.Below(8)))});
      }
      for (uint64_t times = 1 + chance.Below(2); times > 0; --times) {
        const EarlyGain gain = GainOf(in, EarlyOf(pieces));
        ASSERT_EQ(gain.offset, delivered.size());
        delivered += TextOf(gain.bytes);
        in = gain.in;
      }
    }
    ASSERT_EQ(delivered, text.substr(0, delivered.size()));
    ASSERT_EQ(in.received(), delivered.size());
  }
}

}  // namespace
}  // namespace holdfast
