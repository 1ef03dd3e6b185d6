#pragma once

// What a relay wants done or has to tell, as Poll yields it. Views live until the next call of any verb.

#include <optional>
#include <string_view>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/relay/target.h"

namespace holdfast {

// The transport to the client, or to whatever is on the other side.
enum class RelaySide : uint8_t { kClient = 0, kRemote = 1 };
constexpr RelaySide Other(RelaySide side) {
  return side == RelaySide::kClient ? RelaySide::kRemote : RelaySide::kClient;
}

namespace relay_event {

// Look this name up: answer with Resolved or ResolveFailed.
struct Resolve {
  std::string_view name;
};

// Connect: to what the name was resolved to; to `to`; or if that is missing, wherever the caller knows. `first` are the
// first bytes to be written there, which may go with the dial (TCP Fast Open): answer with Connected, and say how many
// did, or with ConnectFailed.
struct Connect {
  std::optional<Target> to;
  ByteSpan first;
};

// Open a port for the client's datagrams: answer with Associated or ConnectFailed. `from`: where the client says that
// it will send from; zeros if it does not know.
struct Associate {
  Target from;
};

// Write these bytes, all of them, before any later ones.
struct Write {
  RelaySide side;
  ByteSpan bytes;
};

// Receive, which took less than it was given, would take more.
struct ReadMore {
  RelaySide side;
};

// Nothing more will be written there: after what was given, end that direction, and read on.
struct HalfClose {
  RelaySide side;
};

// Write out what was given, then close; or if `reset`, close so that the peer sees a failure. No event names it again.
struct Close {
  RelaySide side;
  bool reset;
};

// It is over: abandon a look-up, a dial or an association that is under way. The last event. `why` is for logs and for
// nobody on the wire; nothing if both streams came to their ends.
struct Ended {
  std::optional<Error> why;
};

}  // namespace relay_event

using RelayEvent = std::variant<relay_event::Resolve, relay_event::Connect, relay_event::Associate, relay_event::Write,
                                relay_event::ReadMore, relay_event::HalfClose, relay_event::Close, relay_event::Ended>;

}  // namespace holdfast
