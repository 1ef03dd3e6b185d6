// BLAKE3 against its official vectors.

#include "core/relay/blake3.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "core/base/random.h"

namespace holdfast {
namespace {

constexpr std::string_view kContext = "BLAKE3 2019-12-27 16:29:52 test vectors context";

Bytes InputOf(size_t size) {
  Bytes input(size);
  for (size_t i = 0; i < size; ++i) input[i] = static_cast<uint8_t>(i % 251);
  return input;
}

TEST(Blake3, GivesEveryOfficialResultInFullAndCutShort) {
  std::ifstream file("testdata/vectors/blake3/vectors.txt");
  ASSERT_TRUE(file);
  size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    std::istringstream fields(line);
    size_t size = 0;
    std::string hash;
    std::string derived;
    fields >> size >> hash >> derived;
    const Bytes input = InputOf(size);
    const ByteSpan whole = input;
    for (size_t out_bytes : {size_t{131}, size_t{32}, size_t{16}, size_t{1}}) {
      Bytes out(out_bytes);
      Blake3Hash({&whole, 1}, out);
      EXPECT_EQ(ToHex(out), hash.substr(0, 2 * out_bytes)) << size;
      Blake3DeriveKey(kContext, {&whole, 1}, out);
      EXPECT_EQ(ToHex(out), derived.substr(0, 2 * out_bytes)) << size;
    }
  }
  EXPECT_EQ(count, 35U);
}

TEST(Blake3, DoesNotDependOnThePieces) {
  const Bytes input = InputOf(5000);
  const ByteSpan whole = input;
  Bytes expected(32);
  Blake3Hash({&whole, 1}, expected);
  NamedStream random(1, "pieces");
  for (int i = 0; i < 300; ++i) {
    std::vector<ByteSpan> pieces;
    for (ByteSpan rest = whole; !rest.empty(); rest = rest.subspan(pieces.back().size())) {
      pieces.push_back(rest.first(std::min<size_t>(rest.size(), random.Below(i < 150 ? 70 : 2100))));
    }
    Bytes out(32);
    Blake3Hash(pieces, out);
    EXPECT_EQ(out, expected);
  }
}

}  // namespace
}  // namespace holdfast
