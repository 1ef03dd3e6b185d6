#include "core/wire/fields.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/wire/messages.h"

namespace holdfast {
namespace {

// Any instance of any message: each field drawn by its type.
class Drawer {
 public:
  explicit Drawer(uint64_t seed) : stream_(seed, "fields") {}

  template <typename T>
  void operator()(std::string_view, T& field) {
    if constexpr (std::is_same_v<T, Varint> || std::is_same_v<T, Offset64>) {
      field.value = stream_.Next() >> (2 + stream_.Below(62));
    } else if constexpr (std::is_same_v<T, Counted> || std::is_same_v<T, Rest>) {
      memory_.push_back(Bytes(stream_.Below(100)));
      stream_.Fill(memory_.back());
      field.bytes = memory_.back();
    } else if constexpr (WireMessage<T>) {
      VisitFields(field, *this);
    } else if constexpr (std::is_same_v<T, bool>) {
      field = stream_.Below(2) == 1;
    } else if constexpr (std::is_same_v<T, Cause>) {
      field = static_cast<Cause>(stream_.Below(kCausesOnWire));
    } else if constexpr (std::is_same_v<T, Origin>) {
      field = static_cast<Origin>(stream_.Below(3));
    } else if constexpr (std::is_integral_v<T>) {
      field = static_cast<T>(stream_.Next());
    } else {
      stream_.Fill(field);
    }
  }

 private:
  NamedStream stream_;
  std::vector<Bytes> memory_;
};

template <typename T>
class EveryMessage : public testing::Test {};

using Messages = testing::Types<Preamble, Hint, ClientParameters, ServerParameters, Closing, Claims, ResumeRequest,
                                ResumeReply, PingFrame, PongFrame, AckFrame, DataFrame, FinFrame, CloseFrame>;
TYPED_TEST_SUITE(EveryMessage, Messages);

TYPED_TEST(EveryMessage, ReadsBackWhatWasWrittenInExactlyItsSize) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Drawer drawer(seed);
    TypeParam message;
    VisitFields(message, drawer);
    const Bytes bytes = Encode(message);
    EXPECT_EQ(bytes.size(), EncodedSize(message));
    auto read = Decode<TypeParam>(bytes);
    ASSERT_TRUE(read.has_value()) << Describe(message);
    EXPECT_EQ(*read, message) << Describe(message);
  }
}

// HF-ENC-8.
TYPED_TEST(EveryMessage, IsTruncatedAtEveryPrefixUnlessItEndsInRest) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Drawer drawer(seed);
    TypeParam message;
    VisitFields(message, drawer);
    if constexpr (requires { message.early; }) message.early = {};
    const Bytes bytes = Encode(message);
    for (size_t size = 0; size < bytes.size(); ++size) {
      auto read = Decode<TypeParam>(ByteSpan(bytes).first(size));
      ASSERT_FALSE(read.has_value()) << Describe(message) << " cut to " << size;
      EXPECT_EQ(read.error(), Error::kTruncated);
    }
  }
}

// HF-ENC-8.
TYPED_TEST(EveryMessage, RefusesOneByteMoreUnlessItEndsInRest) {
  TypeParam message;
  Bytes bytes = Encode(message);
  bytes.push_back(0);
  auto read = Decode<TypeParam>(bytes);
  if constexpr (requires { message.early; }) {
    EXPECT_TRUE(read.has_value());
  } else {
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error(), Error::kTrailingBytes);
  }
}

TYPED_TEST(EveryMessage, NamesEachOfItsFields) {
  const TypeParam message;
  size_t fields = 0;
  VisitFields(message, [&fields](std::string_view name, const auto&) {
    ++fields;
    EXPECT_FALSE(name.empty());
    EXPECT_EQ(name.find_first_of(" ,"), std::string_view::npos);
  });
  EXPECT_EQ(fields, std::tuple_size_v<decltype(message.WireFields())>);
}

TEST(Fields, AreDescribedForPeople) {
  const AckFrame ack = {{12}, {4096}, true};
  EXPECT_EQ(Describe(ack), "{consumed=12 credit_limit=4096 fin_received=yes}");
  EXPECT_EQ(Describe(Closing{Cause::kAborted, Origin::kClient, {7}}), "{cause=aborted origin=client app_code=7}");
}

// HF-ENC-5, HF-ENC-6, HF-END-1.
TEST(Fields, RefuseValuesThatTheirListDoesNotHave) {
  EXPECT_EQ(Decode<AckFrame>(Bytes{0, 0, 2}).error(), Error::kUnknownValue);
  Bytes closing = Encode(Closing{});
  closing[0] = kCausesOnWire;
  EXPECT_EQ(Decode<Closing>(closing).error(), Error::kUnknownValue);
  closing[0] = 0;
  closing[1] = 3;
  EXPECT_EQ(Decode<Closing>(closing).error(), Error::kUnknownValue);
}

// HF-ENC-4.
TEST(Fields, RefuseOffsetsBeyondTheLargest) {
  Bytes claims = Encode(Claims{});
  claims[0] = 0x40;  // 2^62
  EXPECT_EQ(Decode<Claims>(claims).error(), Error::kOffsetTooLarge);
}

// HF-ENC-7.
TEST(Fields, RefuseACountThatTheMessageDoesNotHave) {
  const Bytes hint = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1};
  EXPECT_EQ(Decode<Hint>(hint).error(), Error::kTruncated);
}

}  // namespace
}  // namespace holdfast
