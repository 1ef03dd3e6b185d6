#pragma once

// Progress: how far long work is, on the standard error: one line that is rewritten in place on a terminal, and
// otherwise a line every few seconds.

#include <cstdint>
#include <cstdio>
#include <string>

#include "core/base/time.h"

namespace holdfast::tools {

struct ProgressState {
  uint64_t seeds_done = 0;
  uint64_t seeds_total = 0;
  uint64_t violations = 0;
  Duration elapsed = {};
  Duration budget = Duration::max();  // Of time, in all.
  bool stopping = false;              // What is under way is still finished, and nothing else begun.
  std::string noun = "seed";          // What is counted.
};

// "1,204 of 2,000 seeds [============>       ] 60.2 %  48.3 seeds/s  0 violations  16 s left"
std::string ProgressText(const ProgressState& state);

class Progress {
 public:
  explicit Progress(FILE* stream);

  // How often Show should be called.
  Duration interval() const;

  void Show(const ProgressState& state);

  // Of other long work: one line that says how far it is, `elapsed` after it began.
  void Show(const std::string& line, Duration elapsed);

  // Leaves nothing of a rewritten line behind.
  void Clear();

 private:
  FILE* stream_;
  bool is_terminal_;
  bool is_shown_ = false;
  Duration shown_at_ = {};
};

}  // namespace holdfast::tools
