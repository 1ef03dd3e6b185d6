// The fuzzer's bytes choose the world.

#include "courier.h"
#include "sim/plug/party_protocol.h"
#include "sim/plug/survives.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const holdfast::sim::PartyProtocol<courier::Client, courier::Server> protocol({.name = "courier"});
  FuzzOneWorld(protocol, {data, size});
  return 0;
}
