#include "sim/legacy/ours.h"

#include <type_traits>
#include <variant>

namespace holdfast::sim {

namespace client_event = legacy::client_event;
namespace pool_event = legacy::pool_event;

namespace {

uint64_t DrawFrom(void* stream) { return static_cast<NamedStream*>(stream)->Next(); }

legacy::ClientOptions OptionsOfClient() {
  legacy::ClientOptions options;
  options.suspended_time = kLegacyDetachedTime;
  return options;
}

legacy::PoolOptions OptionsOfPool(uint64_t seed) {
  legacy::PoolOptions options;
  options.seed = NamedStream(seed, "legacy/pool").Next();
  options.detached_time = kLegacyDetachedTime;
  return options;
}

}  // namespace

OurDialer::OurDialer(uint64_t seed) : client_(OptionsOfClient()), chance_(seed, "legacy/client") {}

void OurDialer::Opened(Time now) { client_.TransportOpened(now, {.draw = DrawFrom, .context = &chance_}); }

std::optional<Act> OurDialer::Poll() {
  while (const auto event = client_.Poll()) {
    if (const auto* write = std::get_if<client_event::Write>(&*event)) return Act{Act::Kind::kWrite, 0, write->bytes};
    if (const auto* deliver = std::get_if<client_event::Deliver>(&*event))
      return Act{Act::Kind::kDeliver, 0, deliver->bytes};
    if (std::holds_alternative<client_event::Opened>(*event)) return Act{Act::Kind::kOpened};
    if (std::holds_alternative<client_event::Ended>(*event)) return Act{Act::Kind::kOver};
    // The one before the newest is closed already.
    const auto lost = [](const auto& why) { return why.close && why.why != legacy::Reason::kSuperseded; };
    const auto* suspended = std::get_if<client_event::Suspended>(&*event);
    const auto* failed = std::get_if<client_event::AttemptFailed>(&*event);
    if ((suspended != nullptr && lost(*suspended)) || (failed != nullptr && lost(*failed))) {
      return Act{Act::Kind::kHangUp};
    }
  }
  return std::nullopt;
}

OurAcceptor::OurAcceptor(uint64_t seed) : pool_(OptionsOfPool(seed)), chance_(seed, "legacy/server") {}

void OurAcceptor::Receive(Time now, int socket, ByteSpan bytes) {
  pool_.Receive(now, socket, bytes, {.draw = DrawFrom, .context = &chance_});
}

std::optional<Act> OurAcceptor::Poll() {
  while (const auto event = pool_.Poll()) {
    if (const auto* write = std::get_if<pool_event::Write>(&*event))
      return Act{Act::Kind::kWrite, write->fd, write->bytes};
    if (const auto* close = std::get_if<pool_event::CloseTransport>(&*event)) return Act{Act::Kind::kHangUp, close->fd};
    if (const auto* opened = std::get_if<pool_event::Opened>(&*event)) {
      session_ = opened->id;
      return Act{Act::Kind::kOpened, opened->fd};
    }
    if (const auto* deliver = std::get_if<pool_event::Deliver>(&*event)) {
      if (deliver->id == session_) return Act{Act::Kind::kDeliver, 0, deliver->bytes};
    }
    if (const auto* ended = std::get_if<pool_event::Ended>(&*event)) {
      if (ended->id == session_) return Act{Act::Kind::kOver};
    }
  }
  return std::nullopt;
}

}  // namespace holdfast::sim
