#pragma once

// ForEverySplit: a stream cut in every way that matters: whole, at each place, and byte by byte. For tests.

#include <algorithm>
#include <vector>

#include "core/base/bytes.h"

namespace holdfast {

inline std::vector<ByteSpan> InPieces(ByteSpan stream, size_t size) {
  std::vector<ByteSpan> pieces;
  while (!stream.empty()) {
    pieces.push_back(stream.first(std::min(size, stream.size())));
    stream = stream.subspan(pieces.back().size());
  }
  return pieces;
}

// Calls `see` with each split, a vector of the pieces in their order.
template <typename See>
void ForEverySplit(ByteSpan stream, See see) {
  see(std::vector<ByteSpan>{stream});
  for (size_t cut = 1; cut < stream.size(); ++cut) {
    see(std::vector<ByteSpan>{stream.first(cut), stream.subspan(cut)});
  }
  for (size_t size : {1U, 2U, 3U, 7U}) see(InPieces(stream, size));
}

}  // namespace holdfast
