#pragma once

/* connection_env: what the C API of the legacy profile cannot know by itself: chance and time.
 *
 * INSECURE: the protocol is stable-connection's, for interoperability only. Whoever hears it can read and change it. */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Both are called during the calls that are given a pool or a connection, on the caller's thread; `context` must live
 * as long as those. */
struct connection_env {
  uint64_t (*random64)(void* context); /* Every word is as likely as any other, and nobody can guess it. */
  uint64_t (*now_ms)(void* context);   /* Since whenever; never runs backwards. */
  void* context;
};

#ifdef __cplusplus
}
#endif
