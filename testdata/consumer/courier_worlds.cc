// A campaign as a program: prints what came of it, and the exit status says it too.

#include "courier.h"
#include "sim/plug/party_protocol.h"
#include "sim/plug/survives.h"

int main() {
  const holdfast::sim::PartyProtocol<courier::Client, courier::Server> protocol({.name = "courier"});
  return Tell(Survives(protocol, {.seeds = {1, 2000}, .worlds = holdfast::sim::Profile::kSmall, .jobs = 2}));
}
