#pragma once

// Act: what one end of the wire wants done, whoever implements it.

#include <cstdint>

#include "core/base/bytes.h"

namespace holdfast::legacy {

// The view lives until the next call to the end that wants it.
struct Act {
  enum class Kind : uint8_t {
    kWrite,    // Bytes to a socket...
    kHangUp,   // ...which is to be closed.
    kOpened,   // There is a session, maybe in place of an earlier one.
    kDeliver,  // Bytes of its stream.
    kOver,     // There will be none any more.
  };
  Kind kind;
  int socket = 0;  // Of no account to a client.
  ByteSpan bytes = {};
};

}  // namespace holdfast::legacy
