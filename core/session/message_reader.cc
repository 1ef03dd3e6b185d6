#include "core/session/message_reader.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/wire/cursor.h"

namespace holdfast {
namespace {

constexpr size_t kPrefixBytes = 2;

size_t PrefixOf(ByteSpan bytes) { return static_cast<size_t>(Reader(bytes).TakeInteger(kPrefixBytes)); }

}  // namespace

// HF-PRE-10.
Result<std::optional<ByteSpan>> MessageReader::Next(ByteSpan& input, size_t size_min, size_t size_max, bool or_empty) {
  if (handed_out_) {
    partial_.Clear();
    handed_out_ = false;
  }
  bool in_place = partial_.empty() && input.size() >= kPrefixBytes;
  if (!in_place) {
    auto whole = Gather(input, kPrefixBytes);
    if (!whole) return std::unexpected(whole.error());
    if (!*whole) return std::optional<ByteSpan>();
  }
  size_t size = PrefixOf(in_place ? input : partial_.span());
  const bool fits = (size >= size_min && size <= size_max) || (or_empty && size == 0);
  if (!fits) return std::unexpected(Error::kBadLength);  // HF-PRE-8, HF-REC-1.
  if (in_place && input.size() >= kPrefixBytes + size) {
    ByteSpan message = input.subspan(kPrefixBytes, size);
    input = input.subspan(kPrefixBytes + size);
    return message;
  }
  auto whole = Gather(input, kPrefixBytes + size);
  if (!whole) return std::unexpected(whole.error());
  if (!*whole) return std::optional<ByteSpan>();
  handed_out_ = true;
  return partial_.span().subspan(kPrefixBytes);
}

Result<bool> MessageReader::Hold(ByteSpan& input, size_t size_min, size_t size_max) {
  if (handed_out_) {
    partial_.Clear();
    handed_out_ = false;
  }
  auto prefix = Gather(input, kPrefixBytes);
  if (!prefix || !*prefix) return prefix;
  const size_t size = PrefixOf(partial_.span());
  if (size < size_min || size > size_max) return std::unexpected(Error::kBadLength);
  return Gather(input, kPrefixBytes + size);
}

std::optional<ByteSpan> MessageReader::Take(ByteSpan& input, size_t size) {
  if (handed_out_) {
    partial_.Clear();
    handed_out_ = false;
  }
  if (partial_.empty() && input.size() >= size) {
    ByteSpan taken = input.first(size);
    input = input.subspan(size);
    return taken;
  }
  auto whole = Gather(input, size);
  HOLDFAST_CHECK(whole.has_value());  // Small, and of a size that we chose.
  if (!*whole) return std::nullopt;
  handed_out_ = true;
  return partial_.span();
}

void MessageReader::ReleaseIfEmpty() {
  if (!partial_.empty() && !handed_out_) return;
  handed_out_ = false;
  partial_.Release();
}

void MessageReader::DigestInto(Digest& digest) const { digest.Add(handed_out_ ? ByteSpan() : partial_.span()); }

Result<bool> MessageReader::Gather(ByteSpan& input, size_t size) {
  if (partial_.size() < size) {
    size_t count = std::min(size - partial_.size(), input.size());
    // Grows with what has come, not with what was announced; and not beyond it. HF-LIM-4.
    const size_t needed = partial_.size() + count;
    const bool fits = needed <= partial_.capacity() ||
                      partial_.Reserve(std::min(size, std::max(needed, 2 * partial_.capacity()))) ||
                      partial_.Reserve(needed);
    if (!fits) return std::unexpected(Error::kMemoryFull);
    partial_.Append(input.first(count));
    input = input.subspan(count);
  }
  return partial_.size() >= size;
}

}  // namespace holdfast
