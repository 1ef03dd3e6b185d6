#pragma once

// BLAKE3 (O'Connor, Aumasson, Neves, Wilcox-O'Hearn, 2020), the two modes that SIP022 uses, for the few dozen bytes
// that it has. Written out because OpenSSL 3 has none; one block after the other, without vector instructions.

#include <span>
#include <string_view>

#include "core/base/bytes.h"

namespace holdfast {

// Of the concatenation of `pieces`; `out` may have any size.
void Blake3Hash(std::span<const ByteSpan> pieces, MutableByteSpan out);

// A key for the purpose that `context` names, a fixed text, from `material`, the concatenation of its pieces.
void Blake3DeriveKey(std::string_view context, std::span<const ByteSpan> material, MutableByteSpan out);

}  // namespace holdfast
