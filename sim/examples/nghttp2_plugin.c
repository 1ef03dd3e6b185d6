/* nghttp2 behind the C interface: HTTP/2 with one request, whose body is the client's stream and whose response's body
 * is the server's. Why nghttp2: it is a widely used C library that does no input and output of its own and keeps no
 * clock, with framing, flow control and half close: a stream protocol that was not written to fail, and is tried here
 * as Debian ships it. Its sessions end with their transport, so the plug-in says that they do not survive one. */
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#include "sim/plug/holdfast_plugin.h"

#define OUT_MAX 65536

struct buffer {
  uint8_t* bytes;
  size_t size;
  size_t room;
};

struct end {
  int is_server;
  nghttp2_session* session; /* While there is a transport. */
  uint64_t transport;
  int32_t stream;
  struct buffer out;   /* The application's, not yet framed. */
  struct buffer in;    /* For the application. */
  struct buffer shown; /* Of `in`, what the last output shows. */
  int wants_dial, finished, deferred, peer_finished, stream_closed, heard_of, ended, lost;
};

static int append(struct buffer* to, const uint8_t* bytes, size_t size) {
  if (to->size + size > to->room) {
    const size_t room = 2 * (to->size + size);
    uint8_t* grown = realloc(to->bytes, room);
    if (grown == NULL) return -1;
    to->bytes = grown;
    to->room = room;
  }
  if (size > 0) memcpy(to->bytes + to->size, bytes, size);
  to->size += size;
  return 0;
}

/* --- What nghttp2 asks and tells ---------------------------------------------------------------------------------- */

static ssize_t read_out(nghttp2_session* session, int32_t stream, uint8_t* to, size_t size, uint32_t* flags,
                        nghttp2_data_source* source, void* user) {
  struct end* end = user;
  const size_t taken = end->out.size < size ? end->out.size : size;
  (void)session, (void)stream, (void)source;
  if (taken == 0 && !end->finished) {
    end->deferred = 1;
    return NGHTTP2_ERR_DEFERRED;
  }
  if (taken > 0) memcpy(to, end->out.bytes, taken);
  end->out.size -= taken;
  if (end->out.size > 0) memmove(end->out.bytes, end->out.bytes + taken, end->out.size);
  if (end->out.size == 0 && end->finished) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return (ssize_t)taken;
}

static nghttp2_nv header(const char* name, const char* value) {
  nghttp2_nv nv = {(uint8_t*)name, (uint8_t*)value, strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE};
  return nv;
}

static int on_data(nghttp2_session* session, uint8_t flags, int32_t stream, const uint8_t* bytes, size_t size,
                   void* user) {
  struct end* end = user;
  (void)session, (void)flags, (void)stream;
  return append(&end->in, bytes, size) == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  struct end* end = user;
  if (end->is_server && frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
    const nghttp2_nv headers[] = {header(":status", "200")};
    const nghttp2_data_provider body = {.read_callback = read_out};
    end->stream = frame->hd.stream_id;
    if (nghttp2_submit_response(session, end->stream, headers, 1, &body) != 0) return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) end->heard_of = 1;
  if (frame->hd.stream_id == end->stream && end->stream != 0 && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
    end->peer_finished = 1;
  }
  return 0;
}

/* All was sent. That all has come the peer says by the answer to a PING, which goes behind it. */
static int on_stream_close(nghttp2_session* session, int32_t stream, uint32_t error, void* user) {
  struct end* end = user;
  (void)stream;
  end->stream_closed = 1;
  if (error != NGHTTP2_NO_ERROR || nghttp2_submit_ping(session, NGHTTP2_FLAG_NONE, NULL) != 0) end->lost = 1;
  return 0;
}

static int open_session(struct end* end) {
  nghttp2_session_callbacks* callbacks;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) return -1;
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
  const int failed = end->is_server ? nghttp2_session_server_new(&end->session, callbacks, end)
                                    : nghttp2_session_client_new(&end->session, callbacks, end);
  nghttp2_session_callbacks_del(callbacks);
  if (failed != 0 || nghttp2_submit_settings(end->session, NGHTTP2_FLAG_NONE, NULL, 0) != 0) return -1;
  if (end->is_server) return 0;
  const nghttp2_nv headers[] = {header(":method", "POST"), header(":scheme", "http"), header(":authority", "world"),
                                header(":path", "/")};
  const nghttp2_data_provider body = {.read_callback = read_out};
  end->stream = nghttp2_submit_request(end->session, NULL, headers, 4, &body, NULL);
  return end->stream < 0 ? -1 : 0;
}

/* --- The interface ------------------------------------------------------------------------------------------------ */

static void* create(int is_server, uint64_t seed) {
  struct end* end = calloc(1, sizeof *end);
  (void)seed;
  if (end == NULL) return NULL;
  end->is_server = is_server;
  end->wants_dial = !is_server;
  return end;
}

static void destroy(void* opaque) {
  struct end* end = opaque;
  nghttp2_session_del(end->session);
  free(end->out.bytes);
  free(end->in.bytes);
  free(end->shown.bytes);
  free(end);
}

static void on_transport(void* opaque, uint64_t now, uint64_t transport, int news) {
  struct end* end = opaque;
  (void)now;
  if (news == HOLDFAST_OPENED && end->session == NULL) {
    end->transport = transport;
    if (open_session(end) != 0) end->lost = 1;
  } else if (news == HOLDFAST_DIAL_FAILED) {
    end->wants_dial = 1;
  } else if (news == HOLDFAST_CLOSED && transport == end->transport) {
    end->transport = 0;
    if (!end->heard_of) end->lost = 1;
  }
}

static void on_bytes(void* opaque, uint64_t now, uint64_t transport, const uint8_t* bytes, size_t size) {
  struct end* end = opaque;
  (void)now;
  if (transport != end->transport || end->session == NULL) return;
  if (nghttp2_session_mem_recv(end->session, bytes, size) != (ssize_t)size) end->lost = 1;
}

static void on_timer(void* opaque, uint64_t now) { (void)opaque, (void)now; }

static size_t send_some(void* opaque, uint64_t now, const uint8_t* bytes, size_t size) {
  struct end* end = opaque;
  (void)now;
  const size_t room = end->finished ? 0 : OUT_MAX - end->out.size;
  const size_t taken = size < room ? size : room;
  if (bytes == NULL) end->finished = 1;
  if (bytes != NULL && append(&end->out, bytes, taken) != 0) return 0;
  if (end->deferred && end->session != NULL && (taken > 0 || end->finished)) {
    end->deferred = 0;
    nghttp2_session_resume_data(end->session, end->stream);
  }
  return taken;
}

static int poll_one(void* opaque, uint64_t now, struct holdfast_output* output) {
  struct end* end = opaque;
  (void)now;
  if (end->wants_dial) {
    end->wants_dial = 0;
    output->wish = HOLDFAST_DIAL;
    return 1;
  }
  if (end->in.size > 0) {
    const struct buffer shown = end->in;
    end->in = end->shown;
    end->in.size = 0;
    end->shown = shown;
    output->wish = HOLDFAST_DELIVER;
    output->bytes = end->shown.bytes;
    output->size = end->shown.size;
    return 1;
  }
  if (end->peer_finished == 1) {
    end->peer_finished = 2;
    output->wish = HOLDFAST_PEER_FINISHED;
    return 1;
  }
  if (end->session != NULL && end->transport != 0) {
    const ssize_t size = nghttp2_session_mem_send(end->session, &output->bytes);
    if (size < 0) end->lost = 1;
    if (size > 0) {
      output->wish = HOLDFAST_WRITE;
      output->transport = end->transport;
      output->size = (size_t)size;
      return 1;
    }
  }
  if (((end->stream_closed && end->heard_of) || end->lost) && !end->ended) {
    end->ended = 1;
    output->wish = HOLDFAST_ENDED;
    output->given_up = end->lost;
    return 1;
  }
  return 0;
}

static uint64_t deadline(const void* end) {
  (void)end;
  return HOLDFAST_NEVER;
}

static size_t memory(const void* opaque) {
  const struct end* end = opaque;
  return end->out.size + end->in.size;
}

const struct holdfast_plugin* holdfast_plugin_get(void) {
  static const struct holdfast_plugin plugin = {
      .version = HOLDFAST_PLUGIN_VERSION,
      .name = "nghttp2",
      .survives = 0,
      .memory_max = 1 << 20,
      .create = create,
      .destroy = destroy,
      .transport = on_transport,
      .bytes = on_bytes,
      .timer = on_timer,
      .send = send_some,
      .poll = poll_one,
      .deadline = deadline,
      .memory = memory,
  };
  return &plugin;
}
