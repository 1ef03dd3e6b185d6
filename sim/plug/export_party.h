#pragma once

// HOLDFAST_EXPORT_PARTIES: two types with the verbs of party.h as a shared library for `holdfast sim --plugin`. In one
// source file of the library:
//
//   HOLDFAST_EXPORT_PARTIES(MyClient, MyServer, "mine", 1 << 20)  // The last: what an end may hold; 0 is no bound.

#include <concepts>
#include <memory>
#include <utility>
#include <variant>

#include "sim/plug/holdfast_plugin.h"
#include "sim/plug/party.h"

namespace holdfast::sim {

template <typename C, typename S>
class ExportedParties {
 public:
  static holdfast_plugin Table(const char* name, uint64_t memory_max) {
    CheckClientParty<C>();
    CheckServerParty<S>();
    return {.version = HOLDFAST_PLUGIN_VERSION,
            .name = name,
            .survives = 1,
            .memory_max = memory_max,
            .create = Create,
            .destroy = [](void* end) { std::unique_ptr<End>(Of(end)).reset(); },
            .transport = Transport,
            .bytes =
                [](void* end, uint64_t now, uint64_t transport, const uint8_t* bytes, size_t size) {
                  Visit(end, [&](auto& p) { p.Receive(At(now), TransportId{transport}, {bytes, size}); });
                },
            .timer = [](void* end, uint64_t now) { Visit(end, [&](auto& p) { p.Tick(At(now)); }); },
            .send = Send,
            .poll = Poll,
            .deadline = [](const void* end) -> uint64_t {
              const Time deadline = std::visit([](const auto& p) { return p.Deadline(); }, Of(end)->party);
              return deadline == kNever ? HOLDFAST_NEVER : static_cast<uint64_t>(deadline.time_since_epoch().count());
            },
            .clone = kCopies ? Clone : nullptr,
            .digest = nullptr,
            .memory = verb::MemoryBytes<C>&& verb::MemoryBytes<S> ? Memory : nullptr};
  }

 private:
  static constexpr bool kCopies = std::copy_constructible<C> && std::copy_constructible<S>;

  struct End {
    std::variant<C, S> party;
  };
  static End* Of(void* end) { return static_cast<End*>(end); }
  static const End* Of(const void* end) { return static_cast<const End*>(end); }
  static auto Visit(void* end, auto act) { return std::visit(act, Of(end)->party); }
  static Time At(uint64_t ns) { return Time(Duration(static_cast<Duration::rep>(ns))); }

  static void* Create(int is_server, uint64_t) {
    auto end = std::make_unique<End>();
    if (is_server != 0) end->party.template emplace<1>();
    return end.release();
  }
  static void* Clone(const void* end) {
    if constexpr (kCopies) return std::make_unique<End>(*Of(end)).release();
    return nullptr;
  }
  static size_t Memory(const void* end) {
    return std::visit(
        [](const auto& p) -> size_t {
          if constexpr (requires { p.MemoryBytes(); }) return p.MemoryBytes();
          return 0;
        },
        Of(end)->party);
  }
  static void Transport(void* end, uint64_t now, uint64_t transport, int news) {
    Visit(end, [&](auto& p) {
      if (news == HOLDFAST_OPENED) p.TransportOpened(At(now), TransportId{transport});
      if (news == HOLDFAST_CLOSED) p.TransportClosed(At(now), TransportId{transport});
      if constexpr (requires { p.DialFailed(At(now)); }) {
        if (news == HOLDFAST_DIAL_FAILED) p.DialFailed(At(now));
      }
    });
  }
  static size_t Send(void* end, uint64_t now, const uint8_t* bytes, size_t size) {
    return Visit(end, [&](auto& p) -> size_t {
      if (bytes != nullptr) return p.Send(At(now), {bytes, size});
      p.Finish(At(now));
      return 0;
    });
  }
  static int Poll(void* end, uint64_t now, holdfast_output* output) {
    const std::optional<Output> next = Visit(end, [&](auto& p) { return p.Poll(At(now)); });
    if (next) std::visit([output](const auto& what) { Fill(*output, what); }, *next);
    return next.has_value();
  }
  static void Fill(holdfast_output& to, const output::Dial& dial) {
    to.wish = HOLDFAST_DIAL;
    to.after_ns = static_cast<uint64_t>(dial.after.count());
  }
  static void Fill(holdfast_output& to, const output::Write& write) {
    to.wish = HOLDFAST_WRITE;
    to.transport = static_cast<uint64_t>(write.transport);
    to.bytes = write.bytes.data();
    to.size = write.bytes.size();
  }
  static void Fill(holdfast_output& to, const output::Close& close) {
    to.wish = HOLDFAST_CLOSE;
    to.transport = static_cast<uint64_t>(close.transport);
  }
  static void Fill(holdfast_output& to, const output::Deliver& deliver) {
    to.wish = HOLDFAST_DELIVER;
    to.bytes = deliver.bytes.data();
    to.size = deliver.bytes.size();
  }
  static void Fill(holdfast_output& to, const output::PeerFinished&) { to.wish = HOLDFAST_PEER_FINISHED; }
  static void Fill(holdfast_output& to, const output::Ended& ended) {
    to.wish = HOLDFAST_ENDED;
    to.given_up = !ended.finished;
  }
};

}  // namespace holdfast::sim

#define HOLDFAST_EXPORT_PARTIES(client, server, name, memory_max)                                                    \
  extern "C" const holdfast_plugin* holdfast_plugin_get(void) {                                                      \
    static const holdfast_plugin plugin = ::holdfast::sim::ExportedParties<client, server>::Table(name, memory_max); \
    return &plugin;                                                                                                  \
  }
