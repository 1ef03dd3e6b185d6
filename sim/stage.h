#pragma once

// Stage: what all parts of a world share: the plan, the clock, the schedule, the log, and the oracles that watch. Plain
// values, so that a world can be forked. Parts of a world are handed the stage in each call and keep no pointer to it.

#include "core/base/bytes.h"
#include "core/base/time.h"
#include "sim/content.h"
#include "sim/counters.h"
#include "sim/endpoint.h"
#include "sim/marks.h"
#include "sim/oracles/oracles.h"
#include "sim/plan.h"
#include "sim/schedule.h"
#include "sim/trace.h"
#include "sim/witness.h"

namespace holdfast::sim {

// A world's clock starts here: 0 means "not set" to the core.
inline constexpr Time kStart = Time(Duration(1));

struct Stage {
  Plan plan;
  ProtocolTraits traits = kHoldfastTraits;
  Content content;
  Time now = kStart;
  bool healed = false;
  Time settled_at = kStart;  // When a client last heard how its session had ended, and did not merely give it up.
  Schedule schedule;
  Trace trace;
  Counters counters;
  uint64_t generations = 0;  // Of servers' endpoints after the first.
  Oracles oracles;
  MarkWatcher marks;
  bool watches_marks = false;
  Judge judge;
  Witness witness;

  // Something happened: it is logged, and the oracles see it. `bytes`: of a Write or a Deliver; only those of a Write
  // are logged, for those of a Deliver are known from the plan.
  template <typename Event>
  void Emit(Actor actor, const Event& event, ByteSpan bytes = {}) {
    constexpr bool kLogged = std::is_same_v<Event, trace::Write>;
    trace.Add(now, actor, event, kLogged ? bytes : ByteSpan{});
    const Scene scene = SceneOf(actor, bytes);
    oracles.See(scene, event);
    if (watches_marks) marks.See(scene, event);
  }

  Scene SceneOf(Actor actor, ByteSpan bytes = {}) {
    return {.now = now, .actor = actor, .bytes = bytes, .plan = plan, .content = content, .judge = judge};
  }

  void ScheduleIn(Duration wait, Happening what, uint32_t a = 0, uint32_t b = 0) {
    schedule.Add(After(now, wait), what, a, b);
  }
};

}  // namespace holdfast::sim
