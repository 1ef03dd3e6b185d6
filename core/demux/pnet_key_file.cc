#include "core/demux/pnet_key_file.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>

namespace holdfast {
namespace {

constexpr std::string_view kHeader = "/key/swarm/psk/1.0.0/";
constexpr std::array<std::string_view, 3> kEncodings = {"/base16/", "/base64/", "/bin/"};
constexpr std::string_view kBase16Digits = "0123456789abcdef";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr size_t kBase64Chars = 44;  // Of 32 bytes; the last is '='.

bool StartsWith(ByteSpan bytes, ByteSpan start) {
  return bytes.size() >= start.size() && std::ranges::equal(bytes.first(start.size()), start);
}

// The next line without its end, taken from the front of `file`; all of it if no line ends.
ByteSpan TakeLine(ByteSpan& file) {
  const auto end = std::ranges::find(file, '\n');
  const size_t size = static_cast<size_t>(end - file.begin());
  ByteSpan line = file.first(size);
  file = file.subspan(end == file.end() ? size : size + 1);
  while (!line.empty() && line.back() == '\r') line = line.first(line.size() - 1);
  return line;
}

ByteSpan WithoutLineEnd(ByteSpan bytes) {
  if (!bytes.empty() && bytes.back() == '\n') bytes = bytes.first(bytes.size() - 1);
  if (!bytes.empty() && bytes.back() == '\r') bytes = bytes.first(bytes.size() - 1);
  return bytes;
}

std::optional<uint8_t> Base16Digit(uint8_t c) {
  if ('0' <= c && c <= '9') return static_cast<uint8_t>(c - '0');
  if ('a' <= c && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  if ('A' <= c && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

std::expected<Key, PnetKeyError> FromBase16(ByteSpan text) {
  if (!std::ranges::all_of(text, [](uint8_t c) { return Base16Digit(c).has_value(); })) {
    return std::unexpected(PnetKeyError::kNotBase16);
  }
  if (text.size() < 2 * kKeyBytes) return std::unexpected(PnetKeyError::kTooShort);
  if (text.size() > 2 * kKeyBytes) return std::unexpected(PnetKeyError::kTooLong);
  Key key;
  for (size_t i = 0; i < kKeyBytes; ++i) {
    key.mutable_span()[i] = static_cast<uint8_t>(*Base16Digit(text[2 * i]) << 4 | *Base16Digit(text[2 * i + 1]));
  }
  return key;
}

std::expected<Key, PnetKeyError> FromBase64(ByteSpan text) {
  const size_t digits = static_cast<size_t>(std::ranges::find(text, '=') - text.begin());
  const bool is_base64 = std::ranges::all_of(
      text.first(digits), [](uint8_t c) { return kBase64Digits.find(static_cast<char>(c)) != std::string_view::npos; });
  const bool is_padded = text.size() % 4 == 0 && text.size() - digits <= 2 &&
                         std::ranges::all_of(text.subspan(digits), [](uint8_t c) { return c == '='; });
  if (!is_base64 || !is_padded) return std::unexpected(PnetKeyError::kNotBase64);
  const size_t size = digits * 6 / 8;
  if (size < kKeyBytes) return std::unexpected(PnetKeyError::kTooShort);
  if (size > kKeyBytes) return std::unexpected(PnetKeyError::kTooLong);
  Key key;
  uint32_t bits = 0;
  size_t at = 0;
  for (size_t i = 0; i < digits; ++i) {
    bits = bits << 6 | static_cast<uint32_t>(kBase64Digits.find(static_cast<char>(text[i])));
    // Of every four digits, each but the first completes a byte.
    if (i % 4 != 0) key.mutable_span()[at++] = static_cast<uint8_t>(bits >> (2 * (3 - i % 4)));
  }
  return key;
}

// All but a line end after it, for which there is no room in a key either.
std::expected<Key, PnetKeyError> FromBinary(ByteSpan bytes) {
  if (bytes.size() < kKeyBytes) return std::unexpected(PnetKeyError::kTooShort);
  if (bytes.size() != kKeyBytes && WithoutLineEnd(bytes).size() > kKeyBytes) {
    return std::unexpected(PnetKeyError::kTooLong);
  }
  return Key(bytes.first<kKeyBytes>());
}

}  // namespace

std::string_view SentenceOf(PnetKeyError error) {
  switch (error) {
    case PnetKeyError::kByteOrderMark:
      return "the key file begins with a byte-order mark: save it as plain text without one";
    case PnetKeyError::kWrongHeader:
      return "the first line of the key file is not /key/swarm/psk/1.0.0/";
    case PnetKeyError::kUnknownEncoding:
      return "the second line of the key file is none of /base16/, /base64/ and /bin/";
    case PnetKeyError::kNotBase16:
      return "the key file says base16, and its key holds something else than hexadecimal digits";
    case PnetKeyError::kNotBase64:
      return "the key file says base64, and its key holds something else, or lacks the = at its end";
    case PnetKeyError::kTooShort:
      return "the key in the key file has less than 32 bytes";
    case PnetKeyError::kTooLong:
      break;
  }
  return "the key in the key file has more than 32 bytes, or something follows it";
}

std::expected<Key, PnetKeyError> ParsePnetKeyFile(ByteSpan file) {
  for (std::string_view mark : {"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"}) {
    if (StartsWith(file, AsBytes(mark))) return std::unexpected(PnetKeyError::kByteOrderMark);
  }
  if (!std::ranges::equal(TakeLine(file), AsBytes(kHeader))) return std::unexpected(PnetKeyError::kWrongHeader);
  const ByteSpan encoding = TakeLine(file);
  const auto is = [encoding](PnetKeyEncoding known) {
    return std::ranges::equal(encoding, AsBytes(kEncodings[static_cast<size_t>(known)]));
  };
  if (is(PnetKeyEncoding::kBase16)) return FromBase16(WithoutLineEnd(file));
  if (is(PnetKeyEncoding::kBase64)) return FromBase64(WithoutLineEnd(file));
  if (is(PnetKeyEncoding::kBinary)) return FromBinary(file);
  return std::unexpected(PnetKeyError::kUnknownEncoding);
}

SecretBytes WritePnetKeyFile(const Key& key, PnetKeyEncoding encoding) {
  const std::string_view name = kEncodings[static_cast<size_t>(encoding)];
  const size_t head = kHeader.size() + 1 + name.size() + 1;
  const size_t body = encoding == PnetKeyEncoding::kBase16   ? 2 * kKeyBytes + 1
                      : encoding == PnetKeyEncoding::kBase64 ? kBase64Chars + 1
                                                             : kKeyBytes;
  SecretBytes file(head + body);
  const MutableByteSpan out = file.mutable_span();
  size_t at = 0;
  const auto put = [&](uint32_t byte) { out[at++] = static_cast<uint8_t>(byte); };
  for (char c : kHeader) put(static_cast<uint8_t>(c));
  put('\n');
  for (char c : name) put(static_cast<uint8_t>(c));
  put('\n');
  const auto bytes = key.span();
  switch (encoding) {
    case PnetKeyEncoding::kBase16:
      for (uint8_t byte : bytes) {
        for (int shift : {4, 0}) put(static_cast<uint8_t>(kBase16Digits[byte >> shift & 15]));
      }
      put('\n');
      break;
    case PnetKeyEncoding::kBase64:
      for (size_t i = 0; i < kBase64Chars - 1; ++i) {  // Digit i begins 6 * i bits into the key.
        const size_t first = i * 6 / 8;
        const uint32_t pair = uint32_t{bytes[first]} << 8 | (first + 1 < kKeyBytes ? bytes[first + 1] : 0);
        put(static_cast<uint8_t>(kBase64Digits[pair >> (10 - i * 6 % 8) & 63]));
      }
      put('=');
      put('\n');
      break;
    case PnetKeyEncoding::kBinary:
      for (uint8_t byte : bytes) put(byte);
      break;
  }
  return file;
}

}  // namespace holdfast
