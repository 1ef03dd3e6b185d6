/* A session of the legacy profile over real sockets, in one process: it is cut with bytes under way, and resumed.
 *
 * INSECURE: the protocol is stable-connection's, for interoperability only. Exit status: 0 if nothing was lost. */

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connectionclient.h"
#include "connectionserver.h"

struct text {
  size_t size;
  char bytes[4096];
};

struct world {
  struct connection_pool *pool;
  struct connection *client;
  int at_server; /* The two ends of the socket; -1: there is none. */
  int at_client;
  int id;
  struct text server_heard;
  struct text client_heard;
};

static void append(struct text *to, const char *from, size_t size) {
  if (size > sizeof(to->bytes) - to->size) size = sizeof(to->bytes) - to->size;
  if (size > 0) memcpy(to->bytes + to->size, from, size);
  to->size += size;
}

static int is(const struct text *heard, const char *expected) {
  return heard->size == strlen(expected) && memcmp(heard->bytes, expected, heard->size) == 0;
}

static int open_socket(struct world *w) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 0;
  w->at_server = ends[0];
  w->at_client = ends[1];
  return 1;
}

/* Each of these two says what it has to say; the texts are small enough for the socket's buffer. */
static int poll_client(struct world *w) {
  struct connection_message m;
  int kind;
  int moved = 0;
  while ((kind = cc_poll(w->client, &m)) != MESSAGE_EMPTY) {
    moved = 1;
    if (kind == MESSAGE_IN) {
      append(&w->client_heard, m.buffer, (size_t)m.sz);
    } else if (w->at_client >= 0 && send(w->at_client, m.buffer, (size_t)m.sz, MSG_NOSIGNAL) != m.sz) {
      return -1;
    }
  }
  return moved;
}

static int poll_server(struct world *w) {
  struct pool_message m;
  int kind;
  int moved = 0;
  while ((kind = cp_poll(w->pool, &m)) != POOL_EMPTY) {
    moved = 1;
    if (kind == POOL_IN) {
      w->id = m.id;
      append(&w->server_heard, m.buffer, m.sz);
    } else if (m.sz == 0) {
      close(m.id);
    } else if (send(m.id, m.buffer, m.sz, MSG_NOSIGNAL) != (ssize_t)m.sz) {
      return -1;
    }
  }
  return moved;
}

/* Until nobody has anything to say. */
static int converse(struct world *w) {
  char buffer[512];
  for (;;) {
    int moved = poll_client(w);
    const int served = moved < 0 ? -1 : poll_server(w);
    if (served < 0) return 0;
    moved |= served;
    ssize_t size = recv(w->at_server, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (size > 0) cp_recv(w->pool, w->at_server, buffer, (size_t)size), moved = 1;
    size = recv(w->at_client, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (size > 0) cc_recv(w->client, buffer, (size_t)size), moved = 1;
    if (!moved) return 1;
  }
}

static int session(struct world *w) {
  if (!open_socket(w)) return 0;
  w->client = cc_open();
  cc_send(w->client, "hello", 5);
  if (!converse(w)) return 0;
  cp_send(w->pool, w->id, "welcome", 7);
  if (!converse(w)) return 0;

  /* Both speak, and neither is heard: the socket dies with what was written to it. */
  cc_send(w->client, ", are you there", 15);
  cp_send(w->pool, w->id, ", I am", 6);
  if (poll_client(w) < 0 || poll_server(w) < 0) return 0;
  cp_recv(w->pool, w->at_server, NULL, 0);
  cc_recv(w->client, NULL, 0);
  close(w->at_server);
  close(w->at_client);
  w->at_server = w->at_client = -1;

  /* Both speak without any socket. */
  cc_send(w->client, "?", 1);
  cp_send(w->pool, w->id, " here.", 6);

  if (!open_socket(w)) return 0;
  cc_handshake(w->client);
  if (!converse(w)) return 0;
  return is(&w->server_heard, "hello, are you there?") && is(&w->client_heard, "welcome, I am here.");
}

int main(void) {
  struct world w = {.at_server = -1, .at_client = -1};
  w.pool = cp_new();
  const int good = session(&w);
  printf("server heard: %.*s\nclient heard: %.*s\n", (int)w.server_heard.size, w.server_heard.bytes,
         (int)w.client_heard.size, w.client_heard.bytes);
  cc_close(w.client);
  cp_delete(w.pool);
  close(w.at_server);
  close(w.at_client);
  return good ? 0 : 1;
}
