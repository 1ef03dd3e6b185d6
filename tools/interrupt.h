#pragma once

// Interrupt: the first Ctrl-C asks for an orderly end; the second ends the program at once, as usual.

namespace holdfast::tools {

// While one lives, SIGINT is only noted. One at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Whether SIGINT came since. From any thread.
  bool requested() const;
};

}  // namespace holdfast::tools
