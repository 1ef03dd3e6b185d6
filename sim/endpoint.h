#pragma once

// Endpoint: what a world drives: one end of a protocol that carries sessions over transports that die. The verbs and
// the events are those of holdfast::Client and holdfast::Server, whose headers say what they mean; what is left out
// here has a meaning there too. A Protocol makes both ends.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/fork_key.h"
#include "core/base/time.h"
#include "core/crypto/crypto.h"
#include "core/session/event.h"
#include "core/session/view.h"
#include "sim/plan.h"

namespace holdfast::sim {

// What a server holds, for the oracle of bounded memory.
struct EndpointCensus {
  uint64_t transports = 0;
  uint64_t handshakes = 0;
  uint64_t embryos = 0;
  uint64_t sessions = 0;
  uint64_t tombstones = 0;
  bool operator==(const EndpointCensus&) const = default;
};

// What a server's buffers hold, likewise.
struct EndpointMemory {
  uint64_t handshake_bytes = 0;  // Of messages 1 that came in part.
  uint64_t session_bytes = 0;    // Of all sessions.
};

// A session that is on its way from one owner to the next, as bytes. Of a live one the transport stays open meanwhile.
struct Parcel {
  Bytes bytes;
  bool live = false;
  TransportId transport = TransportId::kNone;
  uint32_t server = 0;  // Of a site: where it comes from, and then whither it goes.
};

// Of a transport that comes to a server. Of no account to a client.
struct Arrival {
  uint32_t source = 0;  // Whom the server's limits take it for.
  uint32_t server = 0;  // Of a site: at which of its servers it ends.
};

// A client has one session, whose id it may ignore. A server knows many.
class Endpoint {
 public:
  virtual ~Endpoint() = default;

  virtual TransportId TransportOpened(Time now, const Arrival& arrival) = 0;
  virtual void TransportClosed(Time now, TransportId transport) = 0;
  virtual void DialFailed(Time now) = 0;  // Clients only.
  virtual void Receive(Time now, TransportId transport, ByteSpan bytes) = 0;
  virtual void SetWritable(Time now, TransportId transport, bool writable) = 0;

  virtual void Judge(Time now, SessionId session, const PublicKey& key, bool accept) = 0;
  virtual void SetClock(Time now, WallTime wall) = 0;

  virtual size_t Send(Time now, SessionId session, ByteSpan plaintext, bool early) = 0;
  virtual void Consumed(Time now, SessionId session, uint64_t bytes) = 0;
  virtual void Finish(Time now, SessionId session) = 0;
  virtual void Abort(Time now, SessionId session, uint64_t app_code) = 0;

  // Servers only: the session leaves, or comes back under another id; nothing if it cannot be. A live parcel is sealed
  // to the ticket that `ticket` draws: the same at both ends.
  virtual std::optional<Parcel> Export(Time, SessionId, bool, Entropy&, Entropy&) { return std::nullopt; }
  struct Unpacked {
    SessionId session;
    TransportId transport;
  };
  virtual std::optional<Unpacked> Import(Time, const Parcel&, Duration, Entropy&) { return std::nullopt; }

  virtual std::optional<Event> Poll(Time now, Entropy& entropy) = 0;
  virtual Time Deadline() const = 0;
  virtual void Tick(Time now) = 0;

  // --- For oracles ---
  // Of a session that this end knows, even if it is over.
  virtual std::optional<SessionView> View(SessionId session) const = 0;
  // Its ClientState or ServerState as a number; nothing if it is not known.
  virtual std::optional<uint64_t> State(SessionId) const { return std::nullopt; }
  virtual EndpointCensus Census() const { return {}; }
  virtual EndpointMemory Memory() const { return {}; }
  // The last record sealed on that transport, if any was.
  virtual std::optional<SealMark> LastSeal(TransportId) const { return std::nullopt; }
  virtual uint64_t StateDigest() const = 0;
  // Of what an attempt that is not confirmed must leave alone, see Server::SessionDigest. 0: not known.
  virtual uint64_t SessionDigest(SessionId) const { return 0; }
  // The same with what an attempt may change: of what one that is refused must leave alone.
  virtual uint64_t WholeSessionDigest(SessionId) const { return 0; }

  // What this end has done that no end may do, in words that follow "the endpoint of client0"; asked when all was
  // polled. Holdfast's own does nothing of the kind that would not show elsewhere.
  virtual std::optional<std::string> Complaint() const { return std::nullopt; }

  // A copy that behaves alike; only between Polls that have yielded everything, and of protocols that CanFork.
  virtual std::unique_ptr<Endpoint> Fork(const ForkKey& key) const = 0;
};

// What a protocol is, and what may be asked of it.
struct ProtocolTraits {
  std::string_view name;
  // Its sessions outlive transports: whatever dies, all bytes arrive. If not, no transport dies and no dial fails; what
  // is left is delay, narrowness and segmentation.
  bool survives = true;
  // What an end may hold, if it says what it holds (SessionView::memory_bytes).
  uint64_t memory_max = kAll;
  // The longest stream that it carries, whatever dies meanwhile.
  uint64_t stream_bytes_max = kAll;
  // Holdfast itself. Of any other protocol the oracles that know nothing of Holdfast are heard (GenericOracles), and a
  // plan has one client, and nothing of what is Holdfast's own: keys, limits, moves, adversaries.
  bool is_holdfast = false;
};

inline constexpr ProtocolTraits kHoldfastTraits = {.name = "holdfast", .is_holdfast = true};

class Protocol {
 public:
  virtual const ProtocolTraits& traits() const { return kHoldfastTraits; }
  // Itself, or what it is when it is put to the plan's use. Lives as long.
  virtual const Protocol& For(const Plan&) const { return *this; }
  // Whether its endpoints can be copied.
  virtual bool CanFork() const { return true; }
  // Both ends of one plan must fit together; keys follow from the plan's seed.
  virtual std::unique_ptr<Endpoint> MakeClient(const Plan& plan, uint32_t client) const = 0;
  virtual std::unique_ptr<Endpoint> MakeServer(const Plan& plan) const = 0;

 protected:
  ~Protocol() = default;
};

// Holdfast itself: holdfast::Client and holdfast::Server, with the crypto provider that the program is linked with.
const Protocol& Holdfast();

}  // namespace holdfast::sim
