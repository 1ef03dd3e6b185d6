#include "core/legacy/c/connectionclient.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <variant>

#include "core/legacy/c/c_env.h"
#include "core/legacy/client.h"

namespace legacy = holdfast::legacy;

struct connection {
  explicit connection(const connection_env& env_in) : env(env_in) {}

  legacy::CEnv env;
  legacy::Client client{{.waiting_at_first_max = SIZE_MAX}};
  holdfast::ByteSpan rest;    // Of a Write that is too long for one message.
  bool told_refused = false;  // Since the last MESSAGE_EMPTY.
};

namespace {

constexpr size_t kMessageBytesMax = size_t{1} << 30;  // The size is an int.

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

void cc_handshake(connection* c) {
  const holdfast::Time now = c->env.Now();
  c->client.Tick(now);
  c->client.TransportOpened(now, c->env.source());
}

void cc_send(connection* c, const char* buffer, size_t sz) {
  if (sz == 0) return cc_handshake(c);
  const holdfast::Time now = c->env.Now();
  c->client.Tick(now);
  // The caller is not told how much was taken, so it is all or the end.
  if (c->client.Send(now, Span(buffer, sz)) < sz) c->client.End(now, legacy::Reason::kBeyondWindow);
}

void cc_recv(connection* c, const char* buffer, size_t sz) {
  const holdfast::Time now = c->env.Now();
  c->client.Tick(now);
  if (sz == 0) return c->client.TransportClosed(now);
  c->client.Receive(now, Span(buffer, sz));
}

int cc_poll(connection* c, connection_message* m) {
  namespace event = legacy::client_event;
  const auto out = [&](holdfast::ByteSpan bytes) {
    const holdfast::ByteSpan first = bytes.first(std::min(bytes.size(), kMessageBytesMax));
    c->rest = bytes.subspan(first.size());
    return Fill(m, MESSAGE_OUT, first);
  };
  if (!c->rest.empty()) return out(c->rest);
  while (auto event = c->client.Poll()) {
    if (const auto* write = std::get_if<event::Write>(&*event)) return out(write->bytes);
    if (const auto* deliver = std::get_if<event::Deliver>(&*event)) return Fill(m, MESSAGE_IN, deliver->bytes);
    // Of a socket that the caller gave up he need not be told.
    const auto* suspended = std::get_if<event::Suspended>(&*event);
    if (suspended != nullptr && suspended->why != legacy::Reason::kSuperseded) return Fill(m, MESSAGE_IN, {});
    const auto* failed = std::get_if<event::AttemptFailed>(&*event);
    if (failed == nullptr || failed->why == legacy::Reason::kSuperseded) continue;
    // After the end each handshake fails at once; who begins one at each empty message would never leave its loop.
    if (c->client.ended() && std::exchange(c->told_refused, true)) continue;
    return Fill(m, MESSAGE_IN, {});
  }
  c->told_refused = false;
  return MESSAGE_EMPTY;
}

const char* cc_ended(const connection* c) {
  return c->client.ended() ? legacy::SentenceOf(*c->client.ended()).data() : nullptr;
}
