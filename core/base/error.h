#pragma once

// Error: everything that can go wrong, in one list that gives each its name, whose fault it is, the code that a peer is
// told (CLOSE, docs/protocol.md 7) and a sentence for people. The peer gets the coarse code; traces get the exact name.

#include <cstdint>
#include <expected>
#include <string_view>

namespace holdfast {

// Whose fault it is: the operator's first question.
enum class Blame : uint8_t { kPeer, kLocal, kBoth, kWorld };

// Why a session ended, as both ends report it and as CLOSE carries it. Values are on the wire: never renumber.
// HF-END-1.
enum class Cause : uint8_t {
  kFinished = 0,        // Both streams were delivered to their ends.
  kAborted = 1,         // An application gave up; `app_code` says more.
  kViolation = 2,       // A peer broke the protocol under the session's own keys.
  kStateLost = 3,       // A peer no longer has what it had acknowledged.
  kRefused = 4,         // The verdict on a peer's key was no.
  kExpired = 5,         // Nothing authentic was heard for the hold time.
  kOffsetLimit = 6,     // A stream reached 2^62 - 1 bytes.
  kNeverConfirmed = 7,  // Client only, never on the wire: the server may or may not have the session.
};
inline constexpr uint8_t kCausesOnWire = 7;

// HF-END-14.
#define HOLDFAST_ERRORS(X)                                                                                    \
  X(kTruncated, kPeer, kViolation, "a message ends before its fields do")                                     \
  X(kTrailingBytes, kPeer, kViolation, "a message goes on after its last field")                              \
  X(kVarintNotMinimal, kPeer, kViolation, "a variable-length integer is longer than it need be")              \
  X(kOffsetTooLarge, kPeer, kViolation, "an offset exceeds 2^62 - 1")                                         \
  X(kUnknownValue, kPeer, kViolation, "a field holds a value that its list does not have")                    \
  X(kUnknownFrame, kPeer, kViolation, "a frame has a type that version 1 does not have")                      \
  X(kEmptyData, kPeer, kViolation, "a DATA frame carries no byte")                                            \
  X(kDataGap, kPeer, kViolation, "DATA starts beyond the next byte expected")                                 \
  X(kDataBeyondCredit, kPeer, kViolation, "DATA exceeds the credit that was given")                           \
  X(kDataBeyondFinal, kPeer, kViolation, "DATA goes beyond the stream's final offset")                        \
  X(kFinMismatch, kPeer, kViolation, "FIN names another final offset than the bytes received")                \
  X(kAckBeyondSent, kPeer, kViolation, "an acknowledgement covers bytes that were never sent")                \
  X(kAckWentBack, kPeer, kViolation, "an acknowledgement takes back an earlier one")                          \
  X(kCreditShrank, kPeer, kViolation, "a credit limit is below an earlier one")                               \
  X(kFinNotSent, kPeer, kViolation, "a FIN is acknowledged that was never sent")                              \
  X(kClaimsContradict, kPeer, kViolation, "a resume message claims more consumed than received")              \
  X(kWrongRole, kPeer, kViolation, "a frame came from the side that may not send it")                         \
  X(kStateLost, kPeer, kStateLost, "the peer no longer has bytes that it had acknowledged")                   \
  X(kOffsetLimit, kBoth, kOffsetLimit, "a stream reached its largest offset")                                 \
  X(kBadPreamble, kPeer, kViolation, "the first bytes are not a Holdfast preamble")                           \
  X(kUnsupportedVersion, kPeer, kViolation, "the server hints that it does not speak this version")           \
  X(kUnsupportedPattern, kPeer, kViolation, "the server hints that it does not offer this pattern or kind")   \
  X(kUnsupportedSuite, kPeer, kViolation, "the server hints that it does not offer this suite")               \
  X(kBadLength, kPeer, kViolation, "a length prefix lies outside its bounds")                                 \
  X(kBadTag, kWorld, kViolation, "a tag does not verify: the bytes were changed or sealed under another key") \
  X(kWeakKey, kPeer, kViolation, "a Diffie-Hellman result is all zero")                                       \
  X(kUnknownLocator, kPeer, kViolation, "no session has this locator")                                        \
  X(kStaleAttempt, kPeer, kViolation, "the attempt is not newer than an earlier one")                         \
  X(kDuplicateLocator, kBoth, kViolation, "another session has this locator")                                 \
  X(kServerKeyRefused, kPeer, kRefused, "the server's key is not the one that is known under its name")       \
  X(kClientKeyRefused, kPeer, kRefused, "the application refused the client's key")                           \
  X(kOwnKey, kPeer, kRefused, "the peer's key is this end's own")                                             \
  X(kTooSoon, kPeer, kViolation, "bytes came before the verdict on a key")                                    \
  X(kClockSkew, kBoth, kRefused, "a time stamp lies outside the window: the clocks differ, or it is old")     \
  X(kReplayed, kPeer, kViolation, "a greeting came twice")                                                    \
  X(kServerHint, kPeer, kRefused, "the server answered with a hint that cannot be read")                      \
  X(kTableFull, kLocal, kRefused, "a table of the server is full")                                            \
  X(kMemoryFull, kLocal, kRefused, "there is no memory left for what the transport needs")                    \
  X(kTransportClosed, kWorld, kExpired, "the transport is gone")                                              \
  X(kTimedOut, kWorld, kExpired, "nothing came within the time allowed")                                      \
  X(kSuperseded, kLocal, kFinished, "a newer transport took its place")                                       \
  X(kDone, kLocal, kFinished, "nothing is left to be said on this transport")                                 \
  X(kMoved, kLocal, kFinished, "the session has moved to another owner")                                      \
  X(kNotMovable, kLocal, kRefused, "there is no such session, or it cannot be moved this way")                \
  X(kBadBlob, kLocal, kRefused, "a blob is damaged, or of another kind or version, or for another ticket")    \
  X(kBlobSeen, kLocal, kRefused, "this blob was imported before")

enum class Error : uint8_t {
#define HOLDFAST_ERROR_ENUM(name, blame, cause, sentence) name,
  HOLDFAST_ERRORS(HOLDFAST_ERROR_ENUM)
#undef HOLDFAST_ERROR_ENUM
};

struct ErrorInfo {
  std::string_view name;
  Blame blame;
  Cause cause;
  std::string_view sentence;
};

// Static storage.
const ErrorInfo& InfoOf(Error error);
std::string_view NameOf(Blame blame);
std::string_view NameOf(Cause cause);

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

}  // namespace holdfast

// Leaves the enclosing function with the error of `expression` (a Result or Status), if it has one.
#define HOLDFAST_TRY(expression)                                                                                  \
  do {                                                                                                            \
    if (auto holdfast_status = (expression); !holdfast_status) return ::std::unexpected(holdfast_status.error()); \
  } while (false)
