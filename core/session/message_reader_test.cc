#include "core/session/message_reader.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/base/random.h"

namespace holdfast {
namespace {

Bytes Framed(const std::vector<Bytes>& messages) {
  Bytes stream;
  for (const Bytes& message : messages) {
    stream.push_back(static_cast<uint8_t>(message.size() >> 8));
    stream.push_back(static_cast<uint8_t>(message.size()));
    Append(stream, message);
  }
  return stream;
}

std::vector<Bytes> Messages() {
  std::vector<Bytes> messages;
  NamedStream stream(1, "messages");
  for (size_t size : {1U, 16U, 300U, 2U, 40U, 1U}) {
    messages.push_back(Bytes(size));
    stream.Fill(messages.back());
  }
  return messages;
}

// HF-PRE-10.
TEST(MessageReader, CutsTheSameMessagesFromEverySplit) {
  const std::vector<Bytes> messages = Messages();
  const Bytes stream = Framed(messages);
  for (size_t segment = 1; segment <= stream.size(); ++segment) {
    MessageReader reader;
    std::vector<Bytes> read;
    for (size_t begin = 0; begin < stream.size(); begin += segment) {
      ByteSpan input = ByteSpan(stream).subspan(begin, std::min(segment, stream.size() - begin));
      for (;;) {
        auto message = reader.Next(input, 1, 1000);
        ASSERT_TRUE(message);
        if (!*message) break;
        read.push_back(ToBytes(**message));
      }
      EXPECT_TRUE(input.empty());
    }
    EXPECT_EQ(read, messages) << segment;
  }
}

TEST(MessageReader, HandsOutWholeMessagesWhereTheyLie) {
  const Bytes stream = Framed({Bytes(100, 7)});
  MessageReader reader;
  ByteSpan input = stream;
  auto message = reader.Next(input, 1, 1000);
  ASSERT_TRUE(message && *message);
  EXPECT_EQ((*message)->data(), stream.data() + 2);
  EXPECT_EQ(reader.allocated(), 0U);
}

// HF-PRE-8, HF-REC-1.
TEST(MessageReader, RefusesALengthAsSoonAsItIsComplete) {
  for (size_t size : {size_t{15}, size_t{101}, size_t{65535}}) {
    const Bytes prefix = {static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)};
    MessageReader reader;
    ByteSpan first = ByteSpan(prefix).first(1);
    ASSERT_TRUE(reader.Next(first, 16, 100));
    ByteSpan second = ByteSpan(prefix).subspan(1);
    EXPECT_EQ(reader.Next(second, 16, 100).error(), Error::kBadLength);
  }
}

// HF-LIM-4, HF-LIM-6.
TEST(MessageReader, HoldsNoMoreThanOneMessage) {
  const Bytes stream = Framed({Bytes(100, 7)});
  MessageReader reader;
  ByteSpan input = ByteSpan(stream).first(101);
  ASSERT_TRUE(reader.Next(input, 1, 1000));
  EXPECT_LE(reader.allocated(), 256U);
  reader.ReleaseIfEmpty();
  EXPECT_GT(reader.allocated(), 0U) << "a message is under way";
  input = ByteSpan(stream).subspan(101);
  ASSERT_TRUE(reader.Next(input, 1, 1000).value());
  reader.ReleaseIfEmpty();
  EXPECT_EQ(reader.allocated(), 0U);
}

// HF-PRE-10.
TEST(MessageReader, TakesPlainBytesAcrossSplits) {
  const Bytes stream = {1, 2, 3, 4, 5};
  for (size_t split = 0; split <= stream.size(); ++split) {
    MessageReader reader;
    ByteSpan first = ByteSpan(stream).first(split);
    ByteSpan second = ByteSpan(stream).subspan(split);
    auto taken = reader.Take(first, 4);
    if (!taken) taken = reader.Take(second, 4);
    ASSERT_TRUE(taken);
    EXPECT_EQ(ToBytes(*taken), (Bytes{1, 2, 3, 4}));
    EXPECT_EQ(first.size() + second.size(), 1U);
  }
}

}  // namespace
}  // namespace holdfast
