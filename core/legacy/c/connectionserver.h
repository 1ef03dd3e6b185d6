#pragma once

/* The server's side of stable-connection, by the original's names: sessions that outlive their sockets. It does no
 * input or output: bytes from sockets go in by cp_recv, and cp_poll says what to write to which, what came for whom,
 * and what to close. docs/legacy.md says how it differs from the original.
 *
 * INSECURE: for interoperability only. Whoever hears it can read and change it.
 *
 * Not thread-safe. */

#include <stddef.h>
#include <stdint.h>

#include "connectionenv.h"

#ifdef __cplusplus
extern "C" {
#endif

struct connection_pool;

struct pool_message {
  int id; /* Of a session for POOL_IN, a descriptor for POOL_OUT. */
  size_t sz;
  const char* buffer; /* Until the next cp_poll. NULL if sz is 0. */
};

/* With the system's chance and time: net/legacy_env.cc. */
struct connection_pool* cp_new(void);
/* With the caller's, which are copied. */
struct connection_pool* cp_new_with(const struct connection_env* env);
/* NULL is allowed. */
void cp_delete(struct connection_pool* cp);

/* Closes the sockets of handshakes that take too long, and ends the sessions that have had no socket for too long. Call
 * it now and then, then cp_poll. (cp_recv does it too, so a program that never calls this is late at most.) */
void cp_timeout(struct connection_pool* cp);
/* How long that is: 10 s for the one and 300 s for the other, unless said otherwise here. */
void cp_limits(struct connection_pool* cp, uint64_t handshake_ms, uint64_t detached_ms);

/* These bytes came from the socket, which need not be known. sz 0: the socket is gone, and nothing more may be written
 * to it; its session waits for another one. If it had none, an empty POOL_OUT says that it is to be closed. */
void cp_recv(struct connection_pool* cp, int fd, const char* buffer, size_t sz);

/* Sends to a session; ignored if there is none of this id. What is sent while it has no socket is kept for its next, up
 * to 64 KiB; more ends the session. sz 0 ends it, too. */
void cp_send(struct connection_pool* cp, int id, const char* buffer, size_t sz);

#define POOL_EMPTY 0
#define POOL_IN 1  /* The session `id`, which may be new, says this. */
#define POOL_OUT 2 /* Write this to the socket `id`; or, if sz is 0, close it. */

int cp_poll(struct connection_pool* cp, struct pool_message* m);

/* Why a session has ended, in words, and which it was. NULL: no more have ended since the last calls. What is not asked
 * for is forgotten, the oldest first. Static storage. */
const char* cp_ended(struct connection_pool* cp, int* id);

#ifdef __cplusplus
}
#endif
