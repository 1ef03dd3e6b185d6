#include "core/legacy/c/connectionserver.h"

#include <deque>
#include <memory>
#include <utility>
#include <variant>

#include "core/legacy/c/c_env.h"
#include "core/legacy/pool.h"

namespace legacy = holdfast::legacy;

struct connection_pool {
  explicit connection_pool(const connection_env& env_in) : env(env_in), pool(legacy::PoolOptions{.seed = env.Draw()}) {}

  legacy::CEnv env;
  legacy::Pool pool;
  std::deque<int> gone;  // Sockets of no session: they are to be closed, as the original has it.
  std::deque<std::pair<int, legacy::Reason>> ended;
};

namespace {

holdfast::ByteSpan Span(const char* buffer, size_t size) { return holdfast::AsBytes({buffer, size}); }

int Fill(pool_message* m, int kind, int id, holdfast::ByteSpan bytes) {
  m->id = id;
  m->sz = bytes.size();
  m->buffer = bytes.empty() ? nullptr : reinterpret_cast<const char*>(bytes.data());
  return kind;
}

}  // namespace

connection_pool* cp_new_with(const connection_env* env) { return std::make_unique<connection_pool>(*env).release(); }

void cp_delete(connection_pool* cp) { std::unique_ptr<connection_pool>{cp}; }

void cp_timeout(connection_pool* cp) { cp->pool.Tick(cp->env.Now()); }

void cp_limits(connection_pool* cp, uint64_t handshake_ms, uint64_t detached_ms) {
  constexpr uint64_t kLongest = 4'000'000'000'000;  // So that no sum of times is too large.
  cp->pool.SetTimes(holdfast::Milliseconds(std::min(handshake_ms, kLongest)),
                    holdfast::Milliseconds(std::min(detached_ms, kLongest)));
}

void cp_recv(connection_pool* cp, int fd, const char* buffer, size_t sz) {
  const holdfast::Time now = cp->env.Now();
  cp->pool.Tick(now);  // Programs for the original could not call cp_timeout: it was not there.
  if (sz > 0) return cp->pool.Receive(now, fd, Span(buffer, sz), cp->env.source());
  if (!cp->pool.IsAttached(fd)) cp->gone.push_back(fd);
  cp->pool.TransportClosed(now, fd);
}

void cp_send(connection_pool* cp, int id, const char* buffer, size_t sz) {
  const holdfast::Time now = cp->env.Now();
  if (sz == 0) return cp->pool.End(now, id, legacy::Reason::kClosed);
  // The caller is not told how much was taken, so it is all or the end.
  if (cp->pool.Send(now, id, Span(buffer, sz)) < sz) cp->pool.End(now, id, legacy::Reason::kBeyondWindow);
}

int cp_poll(connection_pool* cp, pool_message* m) {
  namespace event = legacy::pool_event;
  if (!cp->gone.empty()) {
    const int fd = cp->gone.front();
    cp->gone.pop_front();
    return Fill(m, POOL_OUT, fd, {});
  }
  while (auto event = cp->pool.Poll()) {
    if (const auto* write = std::get_if<event::Write>(&*event)) return Fill(m, POOL_OUT, write->fd, write->bytes);
    if (const auto* close = std::get_if<event::CloseTransport>(&*event)) return Fill(m, POOL_OUT, close->fd, {});
    if (const auto* deliver = std::get_if<event::Deliver>(&*event)) {
      return Fill(m, POOL_IN, deliver->id, deliver->bytes);
    }
    if (const auto* ended = std::get_if<event::Ended>(&*event)) {
      cp->ended.emplace_back(ended->id, ended->why);
      if (cp->ended.size() > legacy::kRememberedMax) cp->ended.pop_front();
    }
  }
  return POOL_EMPTY;
}

const char* cp_ended(connection_pool* cp, int* id) {
  if (cp->ended.empty()) return nullptr;
  const auto [ended, why] = cp->ended.front();
  cp->ended.pop_front();
  *id = ended;
  return legacy::SentenceOf(why).data();
}
