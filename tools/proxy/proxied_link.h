#pragma once

// ProxiedLink: a transport of a plan's network between two real sockets: what the proxy has of it at either side. The
// network's own link says what is under way and who has died; here is how far the sockets have come.

#include <array>
#include <memory>

#include "core/base/bytes.h"
#include "net/loop.h"
#include "net/tcp.h"
#include "sim/plan.h"

namespace holdfast::tools {

// The proxy's socket to one of the two programs.
struct ProxiedEnd {
  std::unique_ptr<net::Stream> stream;     // None: not yet, or no longer.
  std::unique_ptr<net::TcpDial> dial;      // To a server: under way...
  std::unique_ptr<net::Timer> dial_again;  // ...or soon to be.
  Bytes unsent;                            // Has come out of the network, and the socket has not taken it.
  bool open = false;       // The network has handed the transport to this side: what the program says is read.
  bool said_all = false;   // The program has said its last byte.
  bool to_finish = false;  // It is to be told of the end after what is unsent...
  bool finished = false;   // ...and was.
  bool gone = false;       // There will be no socket any more, or there never was to be one.
  bool holds = false;      // Something has come out of the network, and waits until the socket takes it.
};

struct ProxiedLink {
  std::array<ProxiedEnd, 2> ends;
  ProxiedEnd& end(sim::Side side) { return ends[static_cast<size_t>(side)]; }
};

}  // namespace holdfast::tools
