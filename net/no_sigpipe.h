#pragma once

// NoSigpipe: while it lives, a write of this thread to a pipe that nobody reads is an error and no signal. Writes to
// sockets say so themselves, by MSG_NOSIGNAL.

#include <signal.h>

#include <cerrno>

namespace holdfast::net {

class NoSigpipe {
 public:
  NoSigpipe() {
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &Only(), &before_);
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;
  ~NoSigpipe() {
    const int error = errno;
    const timespec at_once = {};
    while (!was_pending_ && sigtimedwait(&Only(), nullptr, &at_once) < 0 && errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = error;
  }

 private:
  static const sigset_t& Only() {
    static const sigset_t only = [] {
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, SIGPIPE);
      return set;
    }();
    return only;
  }

  sigset_t before_ = {};
  bool was_pending_ = false;
};

}  // namespace holdfast::net
