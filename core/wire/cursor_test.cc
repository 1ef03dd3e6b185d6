#include "core/wire/cursor.h"

#include <gtest/gtest.h>

#include <array>

namespace holdfast {
namespace {

constexpr auto kEdges = std::to_array<uint64_t>(
    {0, 1, 63, 64, 16383, 16384, (1U << 30) - 1, 1U << 30, 0x123456789abcdef, kVarintMax - 1, kVarintMax});

Bytes VarintBytes(uint64_t value) {
  Bytes bytes(VarintSize(value));
  Writer(bytes).PutVarint(value);
  return bytes;
}

// HF-ENC-2.
TEST(Varint, ReadsBackWhatWasWritten) {
  for (uint64_t value : kEdges) {
    const Bytes bytes = VarintBytes(value);
    Reader reader(bytes);
    EXPECT_EQ(reader.TakeVarint(), value);
    EXPECT_TRUE(reader.Finish());
  }
}

// RFC 9000 appendix A.1.
// HF-ENC-2.
TEST(Varint, IsThatOfTheRfc) {
  EXPECT_EQ(ToHex(VarintBytes(151288809941952652)), "c2197c5eff14e88c");
  EXPECT_EQ(ToHex(VarintBytes(494878333)), "9d7f3e7d");
  EXPECT_EQ(ToHex(VarintBytes(15293)), "7bbd");
  EXPECT_EQ(ToHex(VarintBytes(37)), "25");
}

// HF-ENC-3.
TEST(Varint, RefusesEveryLongerForm) {
  for (uint64_t value : kEdges) {
    for (size_t size = 2 * VarintSize(value); size <= 8; size *= 2) {
      Bytes bytes(size);
      Writer(bytes).PutInteger(value, size);
      bytes[0] |= static_cast<uint8_t>((size == 2 ? 1 : size == 4 ? 2 : 3) << 6);
      Reader reader(bytes);
      EXPECT_EQ(reader.TakeVarint(), 0U);
      ASSERT_FALSE(reader.ok());
      EXPECT_EQ(reader.error(), Error::kVarintNotMinimal) << value << " in " << size;
    }
  }
}

// HF-ENC-8.
TEST(Varint, IsTruncatedAtEveryPrefix) {
  for (uint64_t value : kEdges) {
    const Bytes bytes = VarintBytes(value);
    for (size_t size = 0; size < bytes.size(); ++size) {
      Reader reader(ByteSpan(bytes).first(size));
      reader.TakeVarint();
      ASSERT_FALSE(reader.ok());
      EXPECT_EQ(reader.error(), Error::kTruncated);
    }
  }
}

// HF-ENC-10.
TEST(Reader, KeepsItsFirstErrorAndGivesNothingAfterIt) {
  const Bytes bytes = {0x40, 0x01, 7, 7, 7};
  Reader reader(bytes);
  reader.TakeVarint();  // 1, in two bytes.
  EXPECT_EQ(reader.TakeInteger(1), 0U);
  EXPECT_TRUE(reader.Take(1).empty());
  EXPECT_EQ(reader.remaining(), 0U);
  EXPECT_EQ(reader.Finish().error(), Error::kVarintNotMinimal);
}

// HF-ENC-8.
TEST(Reader, NamesWhatIsLeftOver) {
  const Bytes bytes = {1, 2};
  Reader reader(bytes);
  reader.TakeInteger(1);
  EXPECT_EQ(reader.Finish().error(), Error::kTrailingBytes);
}

TEST(WriterDeathTest, NeverWritesBeyondItsMemory) {
  std::array<uint8_t, 3> memory = {};
  EXPECT_DEATH(Writer(memory).PutInteger(1, 4), "size <= remaining");
  EXPECT_DEATH(Writer(memory).PutVarint(kVarintMax + 1), "kVarintMax");
}

}  // namespace
}  // namespace holdfast
