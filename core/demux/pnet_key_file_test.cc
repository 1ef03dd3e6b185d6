#include "core/demux/pnet_key_file.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "core/base/random.h"

namespace holdfast {
namespace {

std::array<uint8_t, kKeyBytes> KeyBytesOf(uint64_t seed) {
  std::array<uint8_t, kKeyBytes> bytes;
  NamedStream(seed, "key").Fill(bytes);
  return bytes;
}

std::string Head(std::string_view encoding, std::string_view end = "\n") {
  return std::string("/key/swarm/psk/1.0.0/").append(end).append(encoding).append(end);
}

std::expected<Key, PnetKeyError> Parse(const std::string& file) { return ParsePnetKeyFile(AsBytes(file)); }

constexpr PnetKeyEncoding kEncodings[] = {PnetKeyEncoding::kBase16, PnetKeyEncoding::kBase64, PnetKeyEncoding::kBinary};

TEST(PnetKeyFile, ReadsWhatItWrites) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Key key(KeyBytesOf(seed));
    for (PnetKeyEncoding encoding : kEncodings) {
      const SecretBytes file = WritePnetKeyFile(key, encoding);
      const auto read = ParsePnetKeyFile(file.span());
      ASSERT_TRUE(read) << SentenceOf(read.error());
      EXPECT_TRUE(*read == key);
    }
  }
}

TEST(PnetKeyFile, ReadsWhatOthersWrite) {
  const std::string hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
  const std::string base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
  std::array<uint8_t, kKeyBytes> bytes;
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i);
  const std::string binary(bytes.begin(), bytes.end());
  std::string upper = hex;
  for (char& c : upper) c = static_cast<char>('a' <= c && c <= 'f' ? c - 'a' + 'A' : c);
  for (const char* end : {"\n", "\r\n"}) {
    for (const std::string& last : {std::string(), std::string(end)}) {
      for (const std::string& file : {Head("/base16/", end) + hex + last, Head("/base16/", end) + upper + last,
                                      Head("/base64/", end) + base64 + last, Head("/bin/", end) + binary + last}) {
        const auto key = Parse(file);
        ASSERT_TRUE(key) << file << SentenceOf(key.error());
        EXPECT_TRUE(*key == Key(bytes));
      }
    }
  }
}

TEST(PnetKeyFile, SaysWhatIsWrong) {
  const std::string hex(64, 'a');
  const std::string base64 = std::string(43, 'A') + "=";
  const struct {
    std::string file;
    PnetKeyError error;
  } rows[] = {
      {"", PnetKeyError::kWrongHeader},
      {"\xef\xbb\xbf" + Head("/base16/") + hex, PnetKeyError::kByteOrderMark},
      {"\xff\xfe/\0k\0", PnetKeyError::kByteOrderMark},
      {"\xfe\xff", PnetKeyError::kByteOrderMark},
      {hex, PnetKeyError::kWrongHeader},
      {"/key/swarm/psk/2.0.0/\n/base16/\n" + hex, PnetKeyError::kWrongHeader},
      {"/key/swarm/psk/1.0.0\n/base16/\n" + hex, PnetKeyError::kWrongHeader},
      {" " + Head("/base16/") + hex, PnetKeyError::kWrongHeader},
      {"/key/swarm/psk/1.0.0/", PnetKeyError::kUnknownEncoding},
      {Head("/base32/") + hex, PnetKeyError::kUnknownEncoding},
      {Head("/base16") + hex, PnetKeyError::kUnknownEncoding},
      {"/key/swarm/psk/1.0.0/\n\n/base16/\n" + hex, PnetKeyError::kUnknownEncoding},
      {Head("/base16/"), PnetKeyError::kTooShort},
      {Head("/base16/") + hex.substr(1), PnetKeyError::kTooShort},
      {Head("/base16/") + hex + "a", PnetKeyError::kTooLong},
      {Head("/base16/") + hex + "aa", PnetKeyError::kTooLong},
      {Head("/base16/") + hex + " ", PnetKeyError::kNotBase16},
      {Head("/base16/") + hex + "\n\n", PnetKeyError::kNotBase16},
      {Head("/base16/") + hex.substr(1) + "g", PnetKeyError::kNotBase16},
      {Head("/base16/") + "0x" + hex.substr(2), PnetKeyError::kNotBase16},
      {Head("/base64/"), PnetKeyError::kTooShort},
      {Head("/base64/") + base64.substr(4), PnetKeyError::kTooShort},
      {Head("/base64/") + "AAAA" + base64, PnetKeyError::kTooLong},
      {Head("/base64/") + std::string(44, 'A'), PnetKeyError::kTooLong},
      {Head("/base64/") + std::string(42, 'A') + "==", PnetKeyError::kTooShort},
      {Head("/base64/") + base64.substr(0, 43), PnetKeyError::kNotBase64},
      {Head("/base64/") + "-" + base64.substr(1), PnetKeyError::kNotBase64},
      {Head("/base64/") + "=" + base64.substr(1), PnetKeyError::kNotBase64},
      {Head("/base64/") + std::string(40, 'A') + "A===", PnetKeyError::kNotBase64},
      {Head("/bin/"), PnetKeyError::kTooShort},
      {Head("/bin/") + std::string(31, '\0'), PnetKeyError::kTooShort},
      {Head("/bin/") + std::string(33, '\0'), PnetKeyError::kTooLong},
      {Head("/bin/") + std::string(32, '\0') + "\n\n", PnetKeyError::kTooLong},
  };
  for (const auto& row : rows) {
    const auto key = Parse(row.file);
    ASSERT_FALSE(key) << row.file;
    EXPECT_EQ(SentenceOf(key.error()), SentenceOf(row.error)) << row.file;
  }
}

TEST(PnetKeyFile, HasASentenceForEachError) {
  std::set<std::string_view> sentences;
  for (int error = 0; error <= static_cast<int>(PnetKeyError::kTooLong); ++error) {
    sentences.insert(SentenceOf(PnetKeyError{static_cast<uint8_t>(error)}));
  }
  EXPECT_EQ(sentences.size(), static_cast<size_t>(PnetKeyError::kTooLong) + 1);
}

// A key may end with a line end of its own.
TEST(PnetKeyFile, TakesEveryByteOfABinaryKeyForTheKey) {
  std::array<uint8_t, kKeyBytes> bytes = KeyBytesOf(1);
  bytes[30] = '\r';
  bytes[31] = '\n';
  const std::string binary(bytes.begin(), bytes.end());
  for (const std::string& last : {std::string(), std::string("\n"), std::string("\r\n")}) {
    const auto key = Parse(Head("/bin/") + binary + last);
    ASSERT_TRUE(key);
    EXPECT_TRUE(*key == Key(bytes));
  }
}

TEST(PnetKeyFile, IsTooShortOrMalformedAtEveryPrefix) {
  for (PnetKeyEncoding encoding : kEncodings) {
    const SecretBytes file = WritePnetKeyFile(Key(KeyBytesOf(2)), encoding);
    const size_t line_end = encoding == PnetKeyEncoding::kBinary ? 0 : 1;
    for (size_t size = 0; size + line_end < file.size(); ++size) {
      EXPECT_FALSE(ParsePnetKeyFile(file.span().first(size))) << size;
    }
  }
}

}  // namespace
}  // namespace holdfast
