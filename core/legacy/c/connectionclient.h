#pragma once

/* The client's side of stable-connection, by the original's names: one session that outlives its sockets. It does no
 * input or output: bytes from the socket go in by cc_recv, and cc_poll says what to write to it, and what came.
 * docs/legacy.md says how it differs from the original.
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

struct connection;

struct connection_message {
  int sz;
  const char* buffer; /* Until the next cc_poll. NULL if sz is 0. */
};

/* There is a socket to the server. With the system's chance and time: net/legacy_env.cc. */
struct connection* cc_open(void);
/* With the caller's, which are copied. */
struct connection* cc_open_with(const struct connection_env* env);
/* NULL is allowed. */
void cc_close(struct connection* c);

/* There is a new socket to the server, and the one before is of no use any more. */
void cc_handshake(struct connection* c);

/* Sends. What is sent before the first handshake is through is kept, however much it is. What is sent while the session
 * has no socket is kept for its next, up to 64 KiB; more ends the session. sz 0 is cc_handshake. */
void cc_send(struct connection* c, const char* buffer, size_t sz);

/* These bytes came from the socket. sz 0: it is gone. */
void cc_recv(struct connection* c, const char* buffer, size_t sz);

#define MESSAGE_EMPTY 0
#define MESSAGE_IN 1  /* The server says this; or, if sz is 0, the socket is of no use any more: cc_handshake. */
#define MESSAGE_OUT 2 /* Write this to the socket. */

int cc_poll(struct connection* c, struct connection_message* m);

/* Why the session has ended, in words, or NULL: it has not. Then a new socket is of no use either: cc_handshake is
 * answered with an empty MESSAGE_IN, once until cc_poll says MESSAGE_EMPTY. Static storage. */
const char* cc_ended(const struct connection* c);

#ifdef __cplusplus
}
#endif
