#pragma once

// Oracles: all of them, as a world asks them.

#include "core/session/view.h"
#include "sim/oracles/acknowledged.h"
#include "sim/oracles/admission.h"
#include "sim/oracles/attempts.h"
#include "sim/oracles/bounded_memory.h"
#include "sim/oracles/early.h"
#include "sim/oracles/exact_delivery.h"
#include "sim/oracles/fin_once.h"
#include "sim/oracles/forgery.h"
#include "sim/oracles/honest.h"
#include "sim/oracles/indistinct.h"
#include "sim/oracles/liveness.h"
#include "sim/oracles/nonce_uniqueness.h"
#include "sim/oracles/one_attached.h"
#include "sim/oracles/promises.h"
#include "sim/oracles/prompt.h"
#include "sim/oracles/retries.h"
#include "sim/oracles/same_end.h"
#include "sim/oracles/served.h"
#include "sim/oracles/steady.h"

namespace holdfast::sim {

struct Oracles {
  ExactDelivery exact_delivery;
  NonceUniqueness nonce_uniqueness;
  OneAttached one_attached;
  Acknowledged acknowledged;
  BoundedMemory bounded_memory;
  FinOnce fin_once;
  SameEnd same_end;
  Steady steady;
  Liveness liveness;
  Attempts attempts;
  Honest honest;
  Promises promises;
  Prompt prompt;
  Retries retries;
  Admission admission;
  Early early;
  Forgery forgery;
  Indistinct indistinct;
  Served served;

  void Reset(const Plan& plan) {
    ForEach([&plan](auto& oracle) { oracle.Reset(plan); });
  }

  // Every oracle that watches events of this type is shown it.
  template <typename Event>
  void See(const Scene& scene, const Event& event) {
    ForEach([&](auto& oracle) {
      if constexpr (requires { oracle.On(scene, event); }) oracle.On(scene, event);
    });
  }

 private:
  void ForEach(auto&& act) {
    act(exact_delivery);
    act(nonce_uniqueness);
    act(one_attached);
    act(acknowledged);
    act(bounded_memory);
    act(fin_once);
    act(same_end);
    act(steady);
    act(liveness);
    act(attempts);
    act(honest);
    act(promises);
    act(prompt);
    act(retries);
    act(admission);
    act(early);
    act(forgery);
    act(indistinct);
    act(served);
  }
};

}  // namespace holdfast::sim
