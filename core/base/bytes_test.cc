#include "core/base/bytes.h"

#include <array>

#include "gtest/gtest.h"

namespace holdfast {
namespace {

TEST(Bytes, HexHasTwoLowercaseDigitsForEveryByte) {
  for (unsigned value = 0; value < 256; ++value) {
    const std::array<uint8_t, 1> byte = {static_cast<uint8_t>(value)};
    const std::string text = ToHex(byte);
    ASSERT_EQ(text.size(), 2u);
    EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(std::stoul(text, nullptr, 16), value);
  }
}

TEST(Bytes, HexKeepsTheOrderOfBytes) {
  EXPECT_EQ(ToHex(Bytes{0x00, 0x9f, 0xf0, 0xff}), "009ff0ff");
  EXPECT_EQ(ToHex({}), "");
}

TEST(Bytes, AppendAddsAtTheEnd) {
  Bytes bytes = {1, 2};
  Append(bytes, Bytes{3});
  Append(bytes, {});
  EXPECT_EQ(bytes, (Bytes{1, 2, 3}));
}

TEST(Bytes, TextBecomesItsOwnBytes) {
  EXPECT_EQ(ToBytes(AsBytes("a\xff")), (Bytes{'a', 0xff}));
  EXPECT_TRUE(AsBytes("").empty());
}

}  // namespace
}  // namespace holdfast
