#pragma once

// ForkKey: the right to copy what holds cipher state. A copy of a live session would seal two plaintexts under one key
// and nonce, so such types are move-only; a simulator that explores what could have happened next copies whole worlds,
// in which neither copy ever meets the other. Each such type has `ForkForSimulation(const ForkKey&) const`, declared
// against a forward declaration; only who may depend on this target (the simulator and tests) can make a key.

namespace holdfast {

class ForkKey {
 public:
  ForkKey() = default;
};

}  // namespace holdfast
