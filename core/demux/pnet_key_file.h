#pragma once

// The file that holds the key of a private network, as libp2p's programs write it (swarm.key): a line that says what it
// is, a line that names an encoding, and 32 bytes in it. Lines end with LF or CRLF; the last one may go without.
//
// Stricter than others in one thing: what follows the key, but for a line end, is an error, since a key that is too
// long is more likely a mistake than a remark.

#include <cstdint>
#include <expected>
#include <string_view>

#include "core/base/bytes.h"
#include "core/crypto/crypto.h"
#include "core/crypto/secret_bytes.h"

namespace holdfast {

enum class PnetKeyError : uint8_t {
  kByteOrderMark,
  kWrongHeader,
  kUnknownEncoding,
  kNotBase16,
  kNotBase64,
  kTooShort,
  kTooLong,
};

// What is wrong, and what to do about it. Static storage.
std::string_view SentenceOf(PnetKeyError error);

enum class PnetKeyEncoding : uint8_t { kBase16, kBase64, kBinary };

std::expected<Key, PnetKeyError> ParsePnetKeyFile(ByteSpan file);

// A file that ParsePnetKeyFile, and everybody else, reads.
SecretBytes WritePnetKeyFile(const Key& key, PnetKeyEncoding encoding);

}  // namespace holdfast
