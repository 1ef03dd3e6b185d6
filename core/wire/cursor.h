#pragma once

// Reader and Writer: cursors over bytes. Failure is sticky: after the first one each further call does nothing, and
// the first error stays to be asked for once, at the end. Integers are big-endian; varints are those of RFC 9000
// section 16, and must be minimal (docs/protocol.md 2).

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/error.h"

namespace holdfast {

// The largest value of a varint, and so of an offset.
inline constexpr uint64_t kVarintMax = (uint64_t{1} << 62) - 1;

constexpr size_t VarintSize(uint64_t value) {
  return value < (1U << 6) ? 1 : value < (1U << 14) ? 2 : value < (1U << 30) ? 4 : 8;
}

// HF-ENC-10.
class Reader {
 public:
  explicit Reader(ByteSpan bytes) : rest_(bytes) {}

  bool ok() const { return !error_; }
  // Only when !ok().
  Error error() const { return *error_; }
  void Fail(Error error) {
    if (!error_) error_ = error;
    rest_ = {};
  }

  size_t remaining() const { return rest_.size(); }

  // The next `size` bytes as a view into the input, or an empty one on failure.
  ByteSpan Take(size_t size) {
    if (size > rest_.size()) {
      Fail(Error::kTruncated);
      return {};
    }
    ByteSpan taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  ByteSpan TakeRest() { return Take(rest_.size()); }

  // `size` bytes, big-endian; 0 on failure. HF-ENC-1.
  uint64_t TakeInteger(size_t size) {
    uint64_t value = 0;
    for (uint8_t byte : Take(size)) value = (value << 8) | byte;
    return value;
  }

  // HF-ENC-2.
  uint64_t TakeVarint() {
    if (rest_.empty()) {
      Fail(Error::kTruncated);
      return 0;
    }
    size_t size = size_t{1} << (rest_[0] >> 6);
    uint64_t value = TakeInteger(size) & (kVarintMax >> (64 - 8 * size));
    if (ok() && VarintSize(value) != size) Fail(Error::kVarintNotMinimal);  // HF-ENC-3.
    return ok() ? value : 0;
  }

  // ok(), and nothing is left over. HF-ENC-8.
  Status Finish() {
    if (ok() && !rest_.empty()) Fail(Error::kTrailingBytes);
    if (!ok()) return std::unexpected(error());
    return {};
  }

 private:
  ByteSpan rest_;
  std::optional<Error> error_;
};

// Writes into memory of the caller's. Running out of it is a mistake of ours: sizes are known before.
class Writer {
 public:
  explicit Writer(MutableByteSpan out) : out_(out) {}

  size_t written() const { return written_; }
  size_t remaining() const { return out_.size() - written_; }

  void Put(ByteSpan bytes) {
    HOLDFAST_CHECK(bytes.size() <= remaining());
    for (uint8_t byte : bytes) out_[written_++] = byte;
  }

  // HF-ENC-1.
  void PutInteger(uint64_t value, size_t size) {
    HOLDFAST_CHECK(size <= remaining());
    for (size_t i = size; i-- > 0;) out_[written_++] = static_cast<uint8_t>(value >> (8 * i));
  }

  // HF-ENC-2, HF-ENC-3.
  void PutVarint(uint64_t value) {
    HOLDFAST_CHECK(value <= kVarintMax);
    size_t size = VarintSize(value);
    uint64_t prefix = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
    PutInteger(value | (prefix << (8 * size - 2)), size);
  }

 private:
  MutableByteSpan out_;
  size_t written_ = 0;
};

}  // namespace holdfast
