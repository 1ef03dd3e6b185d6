#pragma once

// Counters: what happened in a run, or in many, as numbers.

#include <array>
#include <cstdint>

#include "core/base/error.h"
#include "core/base/time.h"
#include "sim/plan.h"

namespace holdfast::sim {

inline constexpr size_t kCauseKinds = static_cast<size_t>(Cause::kNeverConfirmed) + 1;

struct Counters {
  uint64_t sessions = 0;        // That both ends knew.
  uint64_t handshakes = 0;      // Of new sessions, completed.
  uint64_t resumes = 0;         // Completed: the server switched to the new transport.
  uint64_t transports = 0;      // That were opened.
  uint64_t dials_failed = 0;    // Refused, hung or abandoned.
  uint64_t handshake_cuts = 0;  // Transports that died between the first byte and the server's confirmation.
  uint64_t bytes_sent = 0;      // Application bytes that Send accepted.
  uint64_t bytes_delivered = 0;
  uint64_t bytes_replayed = 0;  // DATA bytes that went out more than once.
  uint64_t bytes_on_wire = 0;
  uint64_t events = 0;                             // Of the trace.
  std::array<uint64_t, kFaultKinds> faults = {};   // That struck, by kind; names: NameOf(FaultKind).
  std::array<uint64_t, kCauseKinds> endings = {};  // Of clients, by Cause; names: NameOf(Cause).
  Duration simulated = {};                         // Virtual time, until the last application had its end.

  void Add(const Counters& other);
  bool operator==(const Counters&) const = default;
};

}  // namespace holdfast::sim
