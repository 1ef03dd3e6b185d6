#pragma once

// Sampler: finds out where the processor's time of this process goes. At every tick of it (SIGPROF) a handler looks
// where the thread that used it is, and counts one for that part. It keeps counts only, so it may run for ever.
//
// What runs in a library counts for the function of ours that called it: of libcrypto and the C library, if that is
// cryptography; of others always. Who called is found on the stack: the nearest return address into our program. That
// is a guess, and now and then an old one that was left there; shares are good to a few percent of themselves.

#include <memory>

#include "tools/outcome.h"
#include "tools/processor_shares.h"

namespace holdfast::tools {

class Sampler {
 public:
  // From now on, in all threads. One sampler at a time. Complains if this program or machine cannot do it.
  static Parsed<Sampler> Start();

  Sampler(Sampler&&) noexcept;
  Sampler& operator=(Sampler&&) = delete;
  ~Sampler();  // Stops it.

  // Each thread says that its stack may be read, before it works. Costs nothing when it is said again.
  static void NoteThread();

  // No tick is counted after this.
  void Stop();

  ProcessorShares shares() const;

 private:
  struct State;
  explicit Sampler(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace holdfast::tools
