#pragma once

// ChildExchange: where the simulator and the system meet: a child process (net/child.h) at the other side of a
// protocol's lines (sim/plug/lockstep.h).

#include <string>

#include "net/child.h"
#include "sim/plug/lockstep.h"

namespace holdfast::tools {

// Each exchange is a `/bin/sh -c command` of its own.
sim::LineExchangeFactory ExchangesWith(std::string command, net::ChildOptions options = {});

}  // namespace holdfast::tools
