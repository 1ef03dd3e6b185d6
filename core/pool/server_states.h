#pragma once

// The legal moves of a session within a server (docs/protocol.md 8.2). A candidate is not a state: it may wait beside
// an attached transport.

#include <array>
#include <string_view>

#include "core/pool/server.h"
#include "core/session/transition.h"

namespace holdfast {

enum class ServerInput : uint8_t {
  kAccepted,       // The application accepts the client's key.
  kRefused,        // It does not, or the client gave up before the verdict.
  kPromoted,       // A valid message 1 came under the pending epoch.
  kSwitched,       // The candidate's first valid record.
  kTransportLost,  // The attached transport is gone.
  kEnd,            // Finished, aborted by either side, a violation, or expired.
};

inline constexpr auto kServerTransitions = std::to_array<Transition<ServerState, ServerInput>>({
    {ServerState::kUnjudged, ServerInput::kAccepted, ServerState::kEmbryo, "4.3"},
    {ServerState::kUnjudged, ServerInput::kRefused, ServerState::kRefused, "4.3"},
    {ServerState::kUnjudged, ServerInput::kPromoted, ServerState::kUnjudged, "4.3"},
    {ServerState::kEmbryo, ServerInput::kPromoted, ServerState::kSuspended, "5.5"},
    {ServerState::kEmbryo, ServerInput::kSwitched, ServerState::kAttached, "4.2"},
    {ServerState::kAttached, ServerInput::kPromoted, ServerState::kAttached, "5.5"},
    {ServerState::kAttached, ServerInput::kSwitched, ServerState::kAttached, "5.5"},
    {ServerState::kAttached, ServerInput::kTransportLost, ServerState::kSuspended, "5"},
    {ServerState::kAttached, ServerInput::kEnd, ServerState::kTombstone, "7.2"},
    {ServerState::kSuspended, ServerInput::kPromoted, ServerState::kSuspended, "5.5"},
    {ServerState::kSuspended, ServerInput::kSwitched, ServerState::kAttached, "5.5"},
    {ServerState::kSuspended, ServerInput::kEnd, ServerState::kTombstone, "7.3"},
});
static_assert(IsDeterministic(kServerTransitions) && AllReachable(kServerTransitions, ServerState::kUnjudged));

constexpr std::array<std::string_view, 6> kServerStateNames = {"embryo",   "unjudged",  "refused",
                                                               "attached", "suspended", "tombstone"};
constexpr std::array<std::string_view, 6> kServerInputNames = {"accepted", "refused",        "promoted",
                                                               "switched", "transport_lost", "end"};

// Known to nobody but the server yet.
constexpr bool IsEmbryonic(ServerState state) {
  return state == ServerState::kEmbryo || state == ServerState::kUnjudged || state == ServerState::kRefused;
}
// All that is left to be done is to say how it ended.
constexpr bool IsOver(ServerState state) { return state == ServerState::kTombstone || state == ServerState::kRefused; }

}  // namespace holdfast
