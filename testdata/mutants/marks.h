// Marks: what a planted bug tells of itself. Whoever builds a mutant pastes this text at the top of the patched file; the
// clean build knows nothing of it. When the process ends, one line on stderr says how often the place of the bug was
// reached, and how often the mutant did there what the right code would not have done.

#ifndef HOLDFAST_TESTDATA_MUTANTS_MARKS_H_
#define HOLDFAST_TESTDATA_MUTANTS_MARKS_H_

#include <atomic>
#include <cinttypes>
#include <cstdint>
#include <cstdio>

namespace holdfast::mutant {

struct Marks {
  Marks() = default;
  Marks(const Marks&) = delete;
  Marks& operator=(const Marks&) = delete;
  ~Marks() {
    std::fprintf(stderr, "mutant: reached %" PRIu64 " triggered %" PRIu64 "\n", reached.load(), triggered.load());
  }

  std::atomic<uint64_t> reached = 0;
  std::atomic<uint64_t> triggered = 0;
};

inline Marks marks;

inline bool TriggeredIf(bool condition) {
  marks.reached.fetch_add(1, std::memory_order_relaxed);
  if (condition) marks.triggered.fetch_add(1, std::memory_order_relaxed);
  return condition;
}

}  // namespace holdfast::mutant

// A statement, at the place of the bug.
#define MUTANT_REACHED() ::holdfast::mutant::marks.reached.fetch_add(1, std::memory_order_relaxed)

// An expression, or a statement: whether the planted bug now behaves differently from the right code. It counts as
// reached too.
#define MUTANT_TRIGGERED_IF(condition) ::holdfast::mutant::TriggeredIf(condition)

#endif  // HOLDFAST_TESTDATA_MUTANTS_MARKS_H_
