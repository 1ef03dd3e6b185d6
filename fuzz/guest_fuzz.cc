// Worlds of somebody else's protocol, here Ferry, whose plans the fuzzer's bytes choose: the libFuzzer entry that
// docs/tutorial.md promises to every protocol. Claim: no oracle objects to a Ferry that is mended.

#include <cstddef>
#include <cstdint>

#include "sim/examples/ferry.h"
#include "sim/plug/party_protocol.h"
#include "sim/plug/survives.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast::sim;
  const PartyProtocol<ferry::Client, ferry::Server> protocol({.name = "ferry", .memory_max = 1 << 20});
  FuzzOneWorld(protocol, {data, size});
  return 0;
}
