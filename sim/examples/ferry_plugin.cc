// Ferry as a shared library: holdfast sim --plugin bazel/bin/sim/ferry_plugin.so

#include "sim/examples/ferry.h"
#include "sim/plug/export_party.h"

HOLDFAST_EXPORT_PARTIES(holdfast::sim::ferry::Client, holdfast::sim::ferry::Server, "ferry", 1 << 20)
