#include "tools/interrupt.h"

#include <signal.h>

#include <atomic>

namespace holdfast::tools {
namespace {

// A signal handler can reach nothing else.
std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void Note(int) { interrupted = true; }

}  // namespace

Interrupt::Interrupt() {
  interrupted = false;
  struct sigaction action = {};
  action.sa_handler = Note;
  // The handler serves once: then the default is back.
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigemptyset(&action.sa_mask);
  struct sigaction before = {};
  sigaction(SIGINT, nullptr, &before);
  // Who is started in the background by a shell ignores Ctrl-C, and goes on doing so.
  if (before.sa_handler != SIG_IGN) sigaction(SIGINT, &action, nullptr);
}

Interrupt::~Interrupt() {
  struct sigaction now = {};
  sigaction(SIGINT, nullptr, &now);
  if (now.sa_handler == Note) signal(SIGINT, SIG_DFL);
}

bool Interrupt::requested() const { return interrupted; }

}  // namespace holdfast::tools
