#include "core/relay/session_connect.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "core/relay/splits.h"

namespace holdfast {
namespace {

template <typename Reader>
auto ReadAll(const std::vector<ByteSpan>& pieces, Bytes& rest) {
  Reader reader;
  decltype(reader.Next(std::declval<ByteSpan&>())) read;
  bool done = false;
  for (ByteSpan piece : pieces) {
    if (!done) {
      read = reader.Next(piece);
      done = !read || read->has_value();
    }
    if (done) Append(rest, piece);
  }
  return read;
}

std::vector<Target> Targets() {
  return {Target::Named("example.org", 443).value(), Target::Ipv4({1, 2, 3, 4}, 5), Target::Ipv6({1}, 65535), Target()};
}

// HF-RLY-1.
TEST(SessionConnect, BeginsWithATargetWhateverTheSplitAndLeavesWhatFollows) {
  for (const Target& target : Targets()) {
    Bytes stream = EncodeTarget(target);
    Append(stream, AsBytes("hello"));
    ForEverySplit(stream, [&](const std::vector<ByteSpan>& pieces) {
      Bytes rest;
      EXPECT_EQ(ReadAll<TargetReader>(pieces, rest).value(), target);
      EXPECT_EQ(rest, ToBytes(AsBytes("hello")));
    });
    for (size_t size = 0; size < EncodedSize(target); ++size) {
      Bytes rest;
      EXPECT_EQ(ReadAll<TargetReader>({ByteSpan(stream).first(size)}, rest).value(), std::nullopt) << size;
    }
  }
}

// HF-RLY-1.
TEST(SessionConnect, RefusesWhatIsNoTargetAtItsFirstWrongByte) {
  for (unsigned first = 0; first < 256; ++first) {
    if (first == 1 || first == 3 || first == 4) continue;
    Bytes rest;
    EXPECT_EQ(ReadAll<TargetReader>({Bytes{static_cast<uint8_t>(first)}}, rest).error(), Error::kUnknownValue);
  }
  Bytes rest;
  EXPECT_EQ(ReadAll<TargetReader>({Bytes{3, 0}}, rest).error(), Error::kBadLength);
  EXPECT_EQ(ReadAll<TargetReader>({Bytes{3, 1, ' ', 0, 1}}, rest).error(), Error::kUnknownValue);
}

// HF-RLY-3.
TEST(SessionConnect, IsAnsweredByAResultAndAnAddressWhateverTheSplit) {
  for (unsigned code = 0; code <= 8; ++code) {
    for (const Target& bound : Targets()) {
      const ConnectResult result = static_cast<ConnectResult>(code);
      const bool connected = result == ConnectResult::kConnected;
      const ConnectAnswer answer = {result, connected ? bound : Target()};
      Bytes stream = EncodeConnectAnswer({result, bound});
      EXPECT_EQ(stream.size(), connected ? 1 + EncodedSize(bound) : 1);
      Append(stream, AsBytes("hello"));
      ForEverySplit(stream, [&](const std::vector<ByteSpan>& pieces) {
        Bytes rest;
        EXPECT_EQ(ReadAll<ConnectReader>(pieces, rest).value(), answer);
        EXPECT_EQ(rest, ToBytes(AsBytes("hello")));
      });
    }
  }
}

// HF-RLY-4.
TEST(SessionConnect, HasNineResultsOfTwoHundredAndFiftySix) {
  std::set<std::string_view> names;
  for (unsigned code = 0; code < 256; ++code) {
    Bytes rest;
    EXPECT_EQ(ReadAll<ConnectReader>({Bytes{static_cast<uint8_t>(code)}}, rest).has_value(), code <= 8) << code;
    if (code <= 8) names.insert(NameOf(static_cast<ConnectResult>(code)));
  }
  EXPECT_EQ(names.size(), 9U);
}

TEST(SessionConnect, KeepsWhatBothListsOfResultsHaveOnItsWayThroughSocks) {
  for (unsigned code = 0; code <= 6; ++code) {
    const ConnectResult result = static_cast<ConnectResult>(code);
    EXPECT_EQ(ResultOf(ReplyOf(result)), result) << code;
  }
  EXPECT_EQ(ReplyOf(ConnectResult::kNameUnknown), SocksReply::kHostUnreachable);
}

}  // namespace
}  // namespace holdfast
