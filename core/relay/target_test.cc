#include "core/relay/target.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

#include "core/base/random.h"
#include "core/relay/splits.h"

namespace holdfast {
namespace {

Target Name(std::string_view name, uint16_t port) { return Target::Named(name, port).value(); }

Target Ipv6Of(std::initializer_list<uint8_t> ends, uint16_t port) {
  std::array<uint8_t, 16> ip = {};
  std::ranges::copy(ends, ip.begin());
  return Target::Ipv6(ip, port);
}

// The three vectors that the original's own tests have, and the shortest and longest names.
struct Vector {
  Target target;
  std::string hex;
};
const std::vector<Vector>& Vectors() {
  static const std::vector<Vector> vectors = {
      {Name("www.google.com", 80), "030e7777772e676f6f676c652e636f6d0050"},
      {Target::Ipv4({8, 8, 8, 8}, 53), "01080808080035"},
      {Ipv6Of({0x24, 0x04, 0x68, 0x00, 0x40, 0x05, 0x08, 0x05}, 80), "04240468004005080500000000000000000050"},
      {Name("a", 65535), "030161ffff"},
      {Name(std::string(255, 'z'), 0), "03ff" + ToHex(AsBytes(std::string(255, 'z'))) + "0000"},
  };
  return vectors;
}

Result<Target> Decode(ByteSpan bytes) {
  Reader reader(bytes);
  Target target = ReadTarget(reader);
  HOLDFAST_TRY(reader.Finish());
  return target;
}

TEST(Target, IsWrittenAsTheVectorsSayAndReadBack) {
  for (const Vector& vector : Vectors()) {
    const Bytes bytes = EncodeTarget(vector.target);
    EXPECT_EQ(ToHex(bytes), vector.hex);
    EXPECT_EQ(bytes.size(), EncodedSize(vector.target));
    EXPECT_LE(bytes.size(), limits::kTargetBytesMax);
    EXPECT_EQ(Decode(bytes).value(), vector.target);
  }
}

TEST(Target, SaysItsSizeAsSoonAsItCan) {
  for (const Vector& vector : Vectors()) {
    const Bytes bytes = EncodeTarget(vector.target);
    const size_t needed = vector.target.type == AddressType::kName ? 2 : 1;
    for (size_t size = 0; size <= bytes.size(); ++size) {
      const auto known = TargetSize(ByteSpan(bytes).first(size)).value();
      EXPECT_EQ(known, size < needed ? std::nullopt : std::optional(bytes.size())) << size;
    }
  }
}

TEST(Target, IsTruncatedAtEveryPrefixAndTrailsAtEveryByteMore) {
  for (const Vector& vector : Vectors()) {
    Bytes bytes = EncodeTarget(vector.target);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(Decode(ByteSpan(bytes).first(size)).error(), Error::kTruncated) << size;
    }
    bytes.push_back(0);
    EXPECT_EQ(Decode(bytes).error(), Error::kTrailingBytes);
  }
}

// The original looks at four bits of ATYP and takes 48 values.
TEST(Target, HasThreeTypesOfTwoHundredAndFiftySix) {
  for (unsigned type = 0; type < 256; ++type) {
    Bytes bytes(300, 'a');
    bytes[0] = static_cast<uint8_t>(type);
    const bool known = type == 1 || type == 3 || type == 4;
    EXPECT_EQ(TargetSize(bytes).has_value(), known) << type;
    Reader reader(bytes);
    ReadTarget(reader);
    EXPECT_EQ(reader.ok(), known) << type;
    if (reader.ok()) continue;
    EXPECT_EQ(reader.error(), Error::kUnknownValue) << type;
  }
}

// The original takes a name of no bytes, and cuts one that is too long.
TEST(Target, RefusesNamesThatAreNone) {
  EXPECT_EQ(Target::Named("", 80).error(), Error::kBadLength);
  EXPECT_EQ(Target::Named(std::string(256, 'a'), 80).error(), Error::kBadLength);
  EXPECT_EQ(TargetSize(Bytes{3, 0}).error(), Error::kBadLength);
  EXPECT_EQ(Decode(Bytes{3, 0, 0, 80}).error(), Error::kBadLength);
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool allowed = byte > 0x20 && byte != 0x7f;
    const Bytes bytes = {3, 3, 'a', static_cast<uint8_t>(byte), 'b', 0, 80};
    EXPECT_EQ(Decode(bytes).has_value(), allowed) << byte;
    EXPECT_EQ(Target::Named(std::string{'a', static_cast<char>(byte)}, 80).has_value(), allowed) << byte;
  }
}

// An untrusted name came into logs and a shell once.
TEST(Target, HasATextWithoutAByteThatCouldMeanSomething) {
  EXPECT_EQ(TextOf(Target::Ipv4({192, 0, 2, 1}, 80)), "192.0.2.1:80");
  EXPECT_EQ(TextOf(Ipv6Of({0x20, 0x01, 0x0d, 0xb8}, 443)), "[2001:0db8:0000:0000:0000:0000:0000:0000]:443");
  EXPECT_EQ(TextOf(Name("Ex-1_a.org", 1)), "Ex-1_a.org:1");
  EXPECT_EQ(TextOf(Name("$(id)\\\xc3\xa4", 1)), "\\x24\\x28id\\x29\\x5c\\xc3\\xa4:1");
  for (unsigned byte = 0x21; byte < 256; ++byte) {
    if (byte == 0x7f) continue;
    for (char c : TextOf(Name(std::string(1, static_cast<char>(byte)), 7))) {
      EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) || std::string_view("-._:\\").contains(c)) << byte;
    }
  }
}

TEST(Target, OfAnyBytesIsReadAndWrittenAlikeOrNotAtAll) {
  NamedStream random(1, "target");
  size_t taken = 0;
  for (int i = 0; i < 20000; ++i) {
    Bytes bytes(random.Below(30));
    random.Fill(bytes);
    if (!bytes.empty()) bytes[0] &= 7;
    if (bytes.size() > 1) bytes[1] &= 15;
    Reader reader(bytes);
    const Target target = ReadTarget(reader);
    if (!reader.ok()) continue;
    ++taken;
    EXPECT_EQ(EncodeTarget(target), ToBytes(ByteSpan(bytes).first(bytes.size() - reader.remaining())));
  }
  EXPECT_GT(taken, 1000U);
}

}  // namespace
}  // namespace holdfast
