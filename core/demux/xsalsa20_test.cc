#include "core/demux/xsalsa20.h"

#include <gtest/gtest.h>

#include "core/base/random.h"

namespace holdfast {
namespace {

std::array<uint8_t, kXSalsa20NonceBytes> CountingNonce() {
  std::array<uint8_t, kXSalsa20NonceBytes> nonce;
  for (size_t i = 0; i < nonce.size(); ++i) nonce[i] = static_cast<uint8_t>(i);
  return nonce;
}

// Seen at another implementation; and NaCl's own test vector (its secretbox test: firstkey, nonce, first bytes).
TEST(XSalsa20, GivesTheKeystreamThatOthersGive) {
  Bytes zeros(64);
  XSalsa20(Key(), CountingNonce()).Apply(zeros);
  EXPECT_EQ(ToHex(zeros),
            "d91d70d1fa18b412e7f88894cac8f1f041bf7b4dde62040865c43c4be1d4a2a6"
            "010fbcf627822c674ad0bf915349daf04fc07b15279b632a85f4794210b0962e");

  const std::array<uint8_t, kKeyBytes> first_key = {0x1b, 0x27, 0x55, 0x64, 0x73, 0xe9, 0x85, 0xd4, 0x62, 0xcd, 0x51,
                                                    0x19, 0x7a, 0x9a, 0x46, 0xc7, 0x60, 0x09, 0x54, 0x9e, 0xac, 0x64,
                                                    0x74, 0xf2, 0x06, 0xc4, 0xee, 0x08, 0x44, 0xf6, 0x83, 0x89};
  const std::array<uint8_t, kXSalsa20NonceBytes> nonce = {0x69, 0x69, 0x6e, 0xe9, 0x55, 0xb6, 0x2b, 0x73,
                                                          0xcd, 0x62, 0xbd, 0xa8, 0x75, 0xfc, 0x73, 0xd6,
                                                          0x82, 0x19, 0xe0, 0x03, 0x6b, 0x7a, 0x0b, 0x37};
  Bytes nacl(8);
  XSalsa20(Key(first_key), nonce).Apply(nacl);
  EXPECT_EQ(ToHex(nacl), "eea6a7251c1e7291");
}

TEST(XSalsa20, IsTheSameStreamInEverySplit) {
  Bytes whole(300);
  XSalsa20(Key(), CountingNonce()).Apply(whole);
  for (size_t first = 0; first <= whole.size(); ++first) {
    for (size_t segment : {1U, 63U, 64U, 65U, 300U}) {
      XSalsa20 stream(Key(), CountingNonce());
      Bytes parts(whole.size());
      MutableByteSpan left = parts;
      for (size_t size = first; !left.empty(); size = segment) {
        const MutableByteSpan part = left.first(std::min(size, left.size()));
        stream.Apply(part);
        left = left.subspan(part.size());
      }
      ASSERT_EQ(parts, whole) << first << ", " << segment;
    }
  }
}

TEST(XSalsa20, UndoesItself) {
  Bytes text(1000);
  NamedStream(1, "text").Fill(text);
  Bytes changed = text;
  XSalsa20(Key(), CountingNonce()).Apply(changed);
  EXPECT_NE(changed, text);
  XSalsa20(Key(), CountingNonce()).Apply(changed);
  EXPECT_EQ(changed, text);
}

}  // namespace
}  // namespace holdfast
