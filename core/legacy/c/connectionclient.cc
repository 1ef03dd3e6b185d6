#include "core/legacy/c/connectionclient.h"

#include <memory>
#include <variant>

#include "core/legacy/c/c_env.h"
#include "core/legacy/client.h"

namespace legacy = holdfast::legacy;

struct connection {
  explicit connection(const connection_env& env_in) : env(env_in) {}

  legacy::CEnv env;
  legacy::Client client;
};

namespace {

holdfast::ByteSpan Span(const char* buffer, size_t size) { return holdfast::AsBytes({buffer, size}); }

int Fill(connection_message* m, int kind, holdfast::ByteSpan bytes) {
  m->sz = static_cast<int>(bytes.size());
  m->buffer = bytes.empty() ? nullptr : reinterpret_cast<const char*>(bytes.data());
  return kind;
}

}  // namespace

connection* cc_open_with(const connection_env* env) {
  auto c = std::make_unique<connection>(*env);
  cc_handshake(c.get());
  return c.release();
}

void cc_close(connection* c) { std::unique_ptr<connection>{c}; }

void cc_handshake(connection* c) { c->client.TransportOpened(c->env.Now(), c->env.source()); }

void cc_send(connection* c, const char* buffer, size_t sz) {
  if (sz == 0) return cc_handshake(c);
  const holdfast::Time now = c->env.Now();
  // The caller is not told how much was taken, so it is all or the end.
  if (c->client.Send(now, Span(buffer, sz)) < sz) c->client.End(now, legacy::Reason::kBeyondWindow);
}

void cc_recv(connection* c, const char* buffer, size_t sz) {
  if (sz == 0) return c->client.TransportClosed(c->env.Now());
  c->client.Receive(c->env.Now(), Span(buffer, sz));
}

int cc_poll(connection* c, connection_message* m) {
  namespace event = legacy::client_event;
  while (auto event = c->client.Poll()) {
    if (const auto* write = std::get_if<event::Write>(&*event)) return Fill(m, MESSAGE_OUT, write->bytes);
    if (const auto* deliver = std::get_if<event::Deliver>(&*event)) return Fill(m, MESSAGE_IN, deliver->bytes);
    // Of a socket that the caller gave up he need not be told.
    const auto* suspended = std::get_if<event::Suspended>(&*event);
    if (suspended != nullptr && suspended->why != legacy::Reason::kSuperseded) return Fill(m, MESSAGE_IN, {});
    const auto* failed = std::get_if<event::AttemptFailed>(&*event);
    if (failed != nullptr && failed->why != legacy::Reason::kSuperseded) return Fill(m, MESSAGE_IN, {});
  }
  return MESSAGE_EMPTY;
}

const char* cc_ended(const connection* c) {
  return c->client.ended() ? legacy::SentenceOf(*c->client.ended()).data() : nullptr;
}
