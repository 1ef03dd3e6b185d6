#pragma once

// The relay's legal moves, of its local side (a client speaks SOCKS5 to it) and of its server side (a client speaks
// shadowsocks to it, or is another relay inside a Holdfast session). The stages are those of the original, in its order
// (docs/relay.md), and one of our own, kClosing, in which it says its last word or reads a stranger to the end.

#include <array>
#include <string_view>

#include "core/relay/relay.h"
#include "core/session/transition.h"

namespace holdfast {

enum class RelayInput : uint8_t {
  kGreeted,    // Local: a method was chosen. Server: the first byte came.
  kAskedName,  // The request is read; a name must be resolved.
  kAsked,      // The request is read; the address is known.
  kAskedUdp,   // The request is read: an association for datagrams.
  kResolved,   // The name has an address.
  kConnected,  // The target is known to be connected.
  kRefused,    // The request is none, or cannot be met; or a stream broke.
  kEnd,        // Nobody is connected any more.
};

// The section is one of docs/relay.md.
inline constexpr auto kRelayLocalTransitions = std::to_array<Transition<RelayStage, RelayInput>>({
    {RelayStage::kInit, RelayInput::kGreeted, RelayStage::kAddress, "2"},
    {RelayStage::kInit, RelayInput::kRefused, RelayStage::kClosing, "3"},
    {RelayStage::kInit, RelayInput::kEnd, RelayStage::kDestroyed, "2"},
    {RelayStage::kAddress, RelayInput::kAskedName, RelayStage::kDns, "2"},
    {RelayStage::kAddress, RelayInput::kAsked, RelayStage::kConnecting, "2"},
    {RelayStage::kAddress, RelayInput::kAskedUdp, RelayStage::kUdpAssociation, "2"},
    {RelayStage::kAddress, RelayInput::kRefused, RelayStage::kClosing, "3"},
    {RelayStage::kAddress, RelayInput::kEnd, RelayStage::kDestroyed, "2"},
    {RelayStage::kUdpAssociation, RelayInput::kRefused, RelayStage::kClosing, "3"},
    {RelayStage::kUdpAssociation, RelayInput::kEnd, RelayStage::kDestroyed, "2"},
    {RelayStage::kDns, RelayInput::kResolved, RelayStage::kConnecting, "2"},
    {RelayStage::kDns, RelayInput::kRefused, RelayStage::kClosing, "3"},
    {RelayStage::kDns, RelayInput::kEnd, RelayStage::kDestroyed, "2"},
    {RelayStage::kConnecting, RelayInput::kConnected, RelayStage::kStreaming, "2"},
    {RelayStage::kConnecting, RelayInput::kRefused, RelayStage::kClosing, "3"},
    {RelayStage::kConnecting, RelayInput::kEnd, RelayStage::kDestroyed, "2"},
    {RelayStage::kStreaming, RelayInput::kRefused, RelayStage::kClosing, "3"},
    {RelayStage::kStreaming, RelayInput::kEnd, RelayStage::kDestroyed, "2"},
    {RelayStage::kClosing, RelayInput::kEnd, RelayStage::kDestroyed, "3"},
});
static_assert(IsDeterministic(kRelayLocalTransitions) && AllReachable(kRelayLocalTransitions, RelayStage::kInit));

inline constexpr auto kRelayServerTransitions = std::to_array<Transition<RelayStage, RelayInput>>({
    {RelayStage::kInit, RelayInput::kGreeted, RelayStage::kAddress, "2"},
    {RelayStage::kInit, RelayInput::kRefused, RelayStage::kClosing, "3"},
    {RelayStage::kInit, RelayInput::kEnd, RelayStage::kDestroyed, "2"},
    {RelayStage::kAddress, RelayInput::kAskedName, RelayStage::kDns, "2"},
    {RelayStage::kAddress, RelayInput::kAsked, RelayStage::kConnecting, "2"},
    {RelayStage::kAddress, RelayInput::kRefused, RelayStage::kClosing, "3"},
    {RelayStage::kAddress, RelayInput::kEnd, RelayStage::kDestroyed, "2"},
    {RelayStage::kDns, RelayInput::kResolved, RelayStage::kConnecting, "2"},
    {RelayStage::kDns, RelayInput::kRefused, RelayStage::kClosing, "3"},
    {RelayStage::kDns, RelayInput::kEnd, RelayStage::kDestroyed, "2"},
    {RelayStage::kConnecting, RelayInput::kConnected, RelayStage::kStreaming, "2"},
    {RelayStage::kConnecting, RelayInput::kRefused, RelayStage::kClosing, "3"},
    {RelayStage::kConnecting, RelayInput::kEnd, RelayStage::kDestroyed, "2"},
    {RelayStage::kStreaming, RelayInput::kRefused, RelayStage::kClosing, "3"},
    {RelayStage::kStreaming, RelayInput::kEnd, RelayStage::kDestroyed, "2"},
    {RelayStage::kClosing, RelayInput::kEnd, RelayStage::kDestroyed, "3"},
});
static_assert(IsDeterministic(kRelayServerTransitions) && AllReachable(kRelayServerTransitions, RelayStage::kInit));

inline constexpr std::array<std::string_view, 8> kRelayStageNames = {
    "init", "address", "udp_association", "dns", "connecting", "streaming", "closing", "destroyed"};
inline constexpr std::array<std::string_view, 8> kRelayInputNames = {"greeted",  "asked_name", "asked",   "asked_udp",
                                                                     "resolved", "connected",  "refused", "end"};

}  // namespace holdfast
