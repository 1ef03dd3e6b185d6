#include "net/legacy_env.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "core/legacy/c/connectionclient.h"
#include "core/legacy/c/connectionserver.h"

namespace holdfast::net {
namespace {

// Without chance there is no session that anybody should have: the program ends.
uint64_t Random64(void*) {
  uint64_t word = 0;
  ssize_t size = 0;
  do {
    size = getrandom(&word, sizeof(word), 0);
  } while (size < 0 && errno == EINTR);
  if (size != sizeof(word)) abort();
  return word;
}

uint64_t NowMs(void*) {
  timespec now{};
  if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) abort();
  return static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1'000'000;
}

}  // namespace

connection_env SystemEnv() { return {.random64 = Random64, .now_ms = NowMs, .context = nullptr}; }

}  // namespace holdfast::net

connection_pool* cp_new() {
  const connection_env env = holdfast::net::SystemEnv();
  return cp_new_with(&env);
}

connection* cc_open() {
  const connection_env env = holdfast::net::SystemEnv();
  return cc_open_with(&env);
}
