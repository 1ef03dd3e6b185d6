#include "sim/oracles/honest.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"

namespace holdfast::sim {
namespace {

// What can come about between honest ends over a bad network.
bool IsInnocent(Error error) {
  switch (error) {
    case Error::kTransportClosed:
    case Error::kTimedOut:
    case Error::kSuperseded:
    case Error::kDone:
    case Error::kTableFull:
    case Error::kMoved:
    case Error::kUnknownLocator:  // The server has given the session up, or moved on to a later epoch.
    case Error::kStaleAttempt:    // An attempt overtook an earlier one.
      return true;
    default:
      return false;
  }
}

// What can come about between ends that were not set up for each other, or whose applications do not want to talk.
bool IsExpected(const Plan& plan, uint32_t client, Error error) {
  switch (error) {
    case Error::kUnsupportedPattern:
    case Error::kBadTag:
      return !MayEnter(plan, client);
    case Error::kServerKeyRefused:
    case Error::kClientKeyRefused:
      return IsRefused(plan, client);
    case Error::kMemoryFull:
      return HasLittleMemory(plan) || HasFault(plan, FaultKind::kScarce) ||
             plan.server.handshake_bytes_max < limits::kHandshakeBytesMax;
    case Error::kClockSkew:
    case Error::kReplayed:  // As far as the server remembers.
      return !plan.clocks.empty();
    default:
      return false;
  }
}

// What can come about where bytes were changed that nothing protects, or whose tag gives it away.
bool IsOfForgery(Error error) {
  switch (error) {
    case Error::kBadPreamble:
    case Error::kBadLength:
    case Error::kBadTag:
    case Error::kWeakKey:
    case Error::kTooSoon:        // More than may come before a verdict.
    case Error::kTruncated:      // Of message 1, whose parameters are in the clear...
    case Error::kTrailingBytes:  // ...or of lengths that are.
    case Error::kOffsetTooLarge:
    case Error::kReplayed:
    case Error::kClockSkew:
    case Error::kUnsupportedVersion:  // A preamble was changed, or a hint made up.
    case Error::kUnsupportedPattern:
    case Error::kUnsupportedSuite:
    case Error::kServerHint:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Honest::OnTainted(uint64_t client, uint64_t transport) {
  const std::pair touched(client, transport);
  if (std::ranges::find(tainted_, touched) == tainted_.end()) tainted_.push_back(touched);
}

void Honest::Check(const Scene& scene, uint64_t client, uint64_t transport, uint64_t error) const {
  if (IsInnocent(static_cast<Error>(error))) return;
  const bool tainted = std::ranges::find(tainted_, std::pair(client, transport)) != tainted_.end();
  if (tainted && IsOfForgery(static_cast<Error>(error))) return;
  if (IsExpected(scene.plan, static_cast<uint32_t>(client), static_cast<Error>(error))) return;
  scene.judge.Fail("honest", fmt::format("the {} finds fault with what came over a transport of client {}: {}",
                                         NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer), client,
                                         InfoOf(static_cast<Error>(error)).sentence));
}

}  // namespace holdfast::sim
