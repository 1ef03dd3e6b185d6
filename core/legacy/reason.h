#pragma once

// Reason: why a transport, an attempt or a session of the legacy profile came to its end, in one list.

#include <cstdint>
#include <string_view>

namespace holdfast::legacy {

#define HOLDFAST_LEGACY_REASONS(X)                                            \
  X(kClosed, "the application closed the session")                            \
  X(kTransportClosed, "the transport is gone")                                \
  X(kSuperseded, "a newer transport took its place")                          \
  X(kLingered, "a handshake took too long")                                   \
  X(kCrowdedOut, "too many handshakes wait, and this was the oldest")         \
  X(kWeakKey, "a public value forces a secret that everybody knows")          \
  X(kBadProof, "a proof is of no secret that it could be of")                 \
  X(kUnknownSession, "no session fits the request")                           \
  X(kSessionGone, "the session that is asked for has ended")                  \
  X(kStaleAttempt, "a newer attempt has succeeded")                           \
  X(kPoolFull, "the pool has as many sessions as it may")                     \
  X(kImpossibleCount, "the peer claims to have received what was never sent") \
  X(kBeyondWindow, "more than 64 KiB were lost, or wait to be sent")          \
  X(kDetachedTooLong, "no transport was attached for too long")               \
  X(kServerForgot, "nothing was received, and the server does not say that it never knew of the session")

enum class Reason : uint8_t {
#define HOLDFAST_LEGACY_REASON_ENUM(name, sentence) name,
  HOLDFAST_LEGACY_REASONS(HOLDFAST_LEGACY_REASON_ENUM)
#undef HOLDFAST_LEGACY_REASON_ENUM
};

// Static storage; what they view ends with a zero.
std::string_view NameOf(Reason reason);
std::string_view SentenceOf(Reason reason);

}  // namespace holdfast::legacy
