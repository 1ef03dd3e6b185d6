#pragma once

// The client's legal moves (docs/protocol.md 8.1). An attempt to resume is not a state: it may be under way beside an
// attached transport.

#include <array>
#include <string_view>

#include "core/pool/client.h"
#include "core/session/transition.h"

namespace holdfast {

enum class ClientInput : uint8_t {
  kGreet,           // Message 1 of a new session goes out.
  kGreetingFailed,  // ...and comes to nothing.
  kOpened,          // Message 2 is verified.
  kTransportLost,   // The attached transport is gone.
  kAttached,        // Message 2 of a resume is verified and says "open".
  kGiveUp,          // This end ends the session: the application's abort, or the peer broke the protocol.
  kEnd,             // It is over: the server said so, or nobody else knows of the session, or time is up.
};

inline constexpr auto kClientTransitions = std::to_array<Transition<ClientState, ClientInput>>({
    {ClientState::kNew, ClientInput::kGreet, ClientState::kGreeting, "4.1"},
    {ClientState::kNew, ClientInput::kEnd, ClientState::kEnded, "7.3"},
    {ClientState::kGreeting, ClientInput::kGreetingFailed, ClientState::kNew, "4.4"},
    {ClientState::kGreeting, ClientInput::kOpened, ClientState::kOpen, "4.2"},
    {ClientState::kGreeting, ClientInput::kEnd, ClientState::kEnded, "4.3"},
    {ClientState::kOpen, ClientInput::kTransportLost, ClientState::kSuspended, "5"},
    {ClientState::kOpen, ClientInput::kAttached, ClientState::kOpen, "5.4"},
    {ClientState::kOpen, ClientInput::kGiveUp, ClientState::kClosing, "7.3"},
    {ClientState::kOpen, ClientInput::kEnd, ClientState::kEnded, "7.2"},
    {ClientState::kSuspended, ClientInput::kAttached, ClientState::kOpen, "5.4"},
    {ClientState::kSuspended, ClientInput::kGiveUp, ClientState::kClosing, "7.4"},
    {ClientState::kSuspended, ClientInput::kEnd, ClientState::kEnded, "7.5"},
    {ClientState::kClosing, ClientInput::kTransportLost, ClientState::kClosing, "7.4"},
    {ClientState::kClosing, ClientInput::kAttached, ClientState::kClosing, "7.4"},
    {ClientState::kClosing, ClientInput::kEnd, ClientState::kEnded, "7.3"},
});
static_assert(IsDeterministic(kClientTransitions) && AllReachable(kClientTransitions, ClientState::kNew));

constexpr std::array<std::string_view, 6> kClientStateNames = {"new",       "greeting", "open",
                                                               "suspended", "closing",  "ended"};
constexpr std::array<std::string_view, 7> kClientInputNames = {
    "greet", "greeting_failed", "opened", "transport_lost", "attached", "give_up", "end"};

}  // namespace holdfast
