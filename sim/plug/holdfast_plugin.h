#pragma once

/* The C interface: any protocol with a C-like face as the protocol of worlds, without a change to it and without
 * Holdfast's headers but this one. Build a shared library that defines holdfast_plugin_get, and say
 *
 *   holdfast sim --plugin ./libmine.so
 *
 * An end is one side of one session, between one client and one server. The simulator calls it, and it never calls the
 * simulator: bytes and time go in, outputs come out of `poll`, which is asked after every other call until it has
 * nothing more. Transports are numbered from 1 at each end and a number never comes back; each dies at any byte. Times
 * are in nanoseconds since the world began; they are the only clock there is. The same calls must give the same
 * outputs. Ends of different worlds may live in different threads.
 */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HOLDFAST_PLUGIN_VERSION 1
#define HOLDFAST_NEVER UINT64_MAX

/* What becomes of a transport, as `transport` tells it. */
enum holdfast_news {
  HOLDFAST_OPENED = 1,
  HOLDFAST_CLOSED = 2,     /* By whatever cause, but not of one that the end has closed itself. */
  HOLDFAST_DIAL_FAILED = 3 /* Of a client; `transport` is 0. */
};

/* What an end wants done. */
enum holdfast_wish {
  HOLDFAST_DIAL = 1,          /* A client: open a transport in `after_ns`; in place of a dial that is under way. */
  HOLDFAST_WRITE = 2,         /* `bytes` on `transport`, which is open. All of them are taken. */
  HOLDFAST_CLOSE = 3,         /* `transport`, once what was written has gone out. */
  HOLDFAST_DELIVER = 4,       /* `bytes` are the next of the peer's stream, for the application. */
  HOLDFAST_PEER_FINISHED = 5, /* That stream is complete. */
  HOLDFAST_ENDED = 6          /* The session is over at this end: both streams are complete, or it has `given_up`. */
};

struct holdfast_output {
  int wish;
  uint64_t transport;
  const uint8_t* bytes; /* Until the next call. */
  size_t size;
  uint64_t after_ns;
  int given_up;
};

struct holdfast_plugin {
  uint32_t version; /* HOLDFAST_PLUGIN_VERSION */
  const char* name;
  int survives;        /* Sessions outlive transports. If 0, no transport dies: what is left is delay and cuts between
                          bytes. */
  uint64_t memory_max; /* What `memory` may say at most. 0: no bound. */

  void* (*create)(int is_server, uint64_t seed); /* `seed`: for whatever it would draw at random. Null: it failed. */
  void (*destroy)(void* end);
  void (*transport)(void* end, uint64_t now_ns, uint64_t transport, int news);
  void (*bytes)(void* end, uint64_t now_ns, uint64_t transport, const uint8_t* bytes, size_t size); /* Cut anyhow. */
  void (*timer)(void* end, uint64_t now_ns); /* The deadline has come, or spuriously. */
  size_t (*send)(void* end, uint64_t now_ns, const uint8_t* bytes, size_t size); /* The application's; how many are
                                        taken. `bytes` null: it has sent its last one, and nothing is taken later. */
  int (*poll)(void* end, uint64_t now_ns, struct holdfast_output* output);       /* 0: there is nothing more. */
  uint64_t (*deadline)(const void* end);                                         /* When `timer` is wanted. */

  /* Each of these may be null. */
  void* (*clone)(const void* end); /* A copy that behaves alike. */
  uint64_t (*digest)(const void* end);
  size_t (*memory)(const void* end); /* Bytes that it holds. */
};

/* Lives as long as the library is loaded. */
const struct holdfast_plugin* holdfast_plugin_get(void);

#ifdef __cplusplus
}
#endif
