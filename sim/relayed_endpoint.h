#pragma once

// RelayedEndpoint: an end of Holdfast with a relay between its session and its application (docs/protocol.md 17):
//
//   application = SOCKS5 = relay = session ~ the network ~ session = relay = target
//
// The client's application speaks SOCKS5 to the relay beside it; the server's is the target, which the relay beside it
// looks up and dials. What a world sees is what the two applications see: their bytes and their ends.

#include "sim/endpoint.h"

namespace holdfast::sim {

// Holdfast with relays at both ends, for plans whose workload is Workload::kRelay. Of the oracles those are heard that
// know nothing of Holdfast: what a session says of itself is not what the applications see of it.
const Protocol& RelayedHoldfast();

}  // namespace holdfast::sim
