#pragma once

// The legal moves of a session within a server (docs/protocol.md 8.2). A candidate is not a state: it may wait beside
// an attached transport.

#include <array>
#include <string_view>

#include "core/pool/server.h"
#include "core/session/transition.h"

namespace holdfast {

enum class ServerInput : uint8_t {
  kPromoted,       // A valid message 1 came under the pending epoch.
  kSwitched,       // The candidate's first valid record.
  kTransportLost,  // The attached transport is gone.
  kEnd,            // Finished, aborted by either side, a violation, or expired.
};

inline constexpr auto kServerTransitions = std::to_array<Transition<ServerState, ServerInput>>({
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
static_assert(IsDeterministic(kServerTransitions) && AllReachable(kServerTransitions, ServerState::kEmbryo));

constexpr std::array<std::string_view, 4> kServerStateNames = {"embryo", "attached", "suspended", "tombstone"};
constexpr std::array<std::string_view, 4> kServerInputNames = {"promoted", "switched", "transport_lost", "end"};

}  // namespace holdfast
