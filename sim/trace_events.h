#pragma once

// Everything that happens in a world, declared once. From this table come the typed events that hosts and network emit
// and oracles watch, the rows of the log, the text trace and every other export. All fields are uint64_t; a field's
// name says how it is shown (FieldText in trace_text.cc): times in `..._ns`, enumerations by the names `fate`, `fault`,
// `cause`, `origin`, `error`, `side`, `dir`, `rule`, `state`.
//
// The actor of an event is the endpoint that does or sees it, or the network. `client` is the client whose session or
// transport it is about, `transport` the number of its transport, which a ghost and an abandoned dial do not have.
// Offsets of Write, Receive and Death count the bytes of that transport and direction; offsets of Send and Deliver
// those of the session's stream.

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

namespace holdfast::sim {

// X(Name, "what it means", fields...)
#define HOLDFAST_TRACE_EVENTS(X)                                                                                       \
  X(Start, "the run begins", seed, clients)                                                                            \
  X(Heal, "from here on the network is good", faults_left)                                                             \
  X(Holds, "whether the server holds the client's session, or its tombstone", client, holds)                           \
  X(AllEnded, "the last application had its end", since_heal_ns)                                                       \
  X(Quiet, "nothing is left to wait for", events)                                                                      \
  X(DialWanted, "the client asks for a transport", client, delay_ns)                                                   \
  X(Dialed, "a dial begins, and this is what comes of it", client, dial, fate)                                         \
  X(Opened, "a transport is handed to the endpoint", client, transport, id)                                            \
  X(DialFailed, "the client is told that its dial failed", client, dial)                                               \
  X(Write, "bytes to a transport; it takes so many of them now", client, transport, dir, offset, size, taken)          \
  X(Receive, "bytes from a transport", client, transport, dir, offset, size)                                           \
  X(Writable, "the transport takes bytes again, or no longer", client, transport, dir, writable)                       \
  X(Close, "the endpoint closes a transport", client, transport, error)                                                \
  X(Closed, "the endpoint is told that a transport is gone", client, transport)                                        \
  X(Fault, "a fault strikes a transport, or a dial", index, fault, client, number)                                     \
  X(Death, "so many bytes of each direction ever arrive", client, transport, up_bytes, down_bytes)                     \
  X(Tick, "a deadline has come", deadline_ns)                                                                          \
  X(Seal, "a record was sealed", key, nonce)                                                                           \
  X(SessionOpened, "the session is open", client, session, transport)                                                  \
  X(AttemptFailed, "an attempt to open or resume came to nothing", client, transport, error)                           \
  X(Suspended, "no transport is attached", client, session, transport, error)                                          \
  X(Resumed, "a transport took the place of another", client, session, transport)                                      \
  X(Send, "the application gives bytes, of which so many are accepted", client, session, offset, size, accepted)       \
  X(SpaceAvailable, "the application may send again", client, session)                                                 \
  X(Finish, "the application's stream ends here", client, session, offset)                                             \
  X(Abort, "the application gives up", client, session, code)                                                          \
  X(Deliver, "bytes to the application, out of what this transport brought", client, session, transport, offset, size) \
  X(PeerFinished, "the peer's stream is complete", client, session, offset)                                            \
  X(Ended, "the session is over", client, session, cause, origin, code, crossed, peer_code)                            \
  X(Crossed, "both applications had given up", client, session, peer_code)                                             \
  X(State, "what the endpoint knows of the session now", client, session, epoch, attempt, attached, candidate, sent,   \
    acked, received, consumed, replay_bytes)                                                                           \
  X(Census, "what the server holds now", transports, handshakes, embryos, sessions, tombstones)                        \
  X(Violation, "an oracle speaks", number)                                                                             \
  X(Consumed, "the application owns so much of what it was given", client, session, offset)                            \
  X(Asked, "the application is asked about the peer's key", client, session)                                           \
  X(Verdict, "the application says what it thinks of the peer's key", client, session, accepted)                       \
  X(Unopened, "a session that the application was asked about is over before it was open", client, session, cause,     \
    origin)                                                                                                            \
  X(Exported, "the session leaves its owner", client, session, live)                                                   \
  X(Imported, "the session has another owner, to whom so much was delivered", client, session, live, server, offset)   \
  X(Clock, "the clock on the wall is set", unix_ms)                                                                    \
  X(Moved, "the session is in this state of its end's table", client, session, state, epoch)                           \
  X(Down, "the server goes down, and its transports with it", kept)                                                    \
  X(Lost, "the server has lost a session, or the tombstone of one", client, session, ended)                            \
  X(Up, "the server is there again", generation)                                                                       \
  X(Scarce, "no block of memory is larger from now on", largest)

enum class TraceKind : uint8_t {
#define HOLDFAST_TRACE_KIND(Name, ...) k##Name,
  HOLDFAST_TRACE_EVENTS(HOLDFAST_TRACE_KIND)
#undef HOLDFAST_TRACE_KIND
};

struct TraceKindInfo {
  std::string_view name;
  std::string_view meaning;
  std::string_view fields;  // "client, transport, id".
};

inline constexpr auto kTraceKinds = std::to_array<TraceKindInfo>({
#define HOLDFAST_TRACE_INFO(Name, meaning, ...) {#Name, meaning, #__VA_ARGS__},
    HOLDFAST_TRACE_EVENTS(HOLDFAST_TRACE_INFO)
#undef HOLDFAST_TRACE_INFO
});

namespace trace {

#define HOLDFAST_TRACE_STRUCT(Name, meaning, ...)                                                          \
  struct Name {                                                                                            \
    static constexpr TraceKind kKind = TraceKind::k##Name;                                                 \
    uint64_t __VA_ARGS__;                                                                                  \
    constexpr auto Values() const { return std::bit_cast<std::array<uint64_t, sizeof(Name) / 8>>(*this); } \
  };
HOLDFAST_TRACE_EVENTS(HOLDFAST_TRACE_STRUCT)
#undef HOLDFAST_TRACE_STRUCT

}  // namespace trace

// In place of a transport's number.
inline constexpr uint64_t kNoTransport = UINT64_MAX;        // There is none.
inline constexpr uint64_t kGoneTransport = UINT64_MAX - 1;  // One that is closed, or never was.
// From here on: transports that an adversary opened, in their order.
inline constexpr uint64_t kIntruders = uint64_t{1} << 32;
constexpr bool IsIntruder(uint64_t transport) { return transport >= kIntruders && transport < kGoneTransport; }

// Who does or sees it.
struct Actor {
  uint32_t index = 0;  // Of a client; kServer; kNetwork.
  static constexpr uint32_t kServer = 0xfffffffe;
  static constexpr uint32_t kNetwork = 0xffffffff;
  static constexpr Actor Client(uint32_t index) { return {index}; }
  static constexpr Actor Server() { return {kServer}; }
  static constexpr Actor Network() { return {kNetwork}; }
  constexpr bool is_client() const { return index < kServer; }
  bool operator==(const Actor&) const = default;
};

// What comes of a dial.
enum class DialFate : uint8_t { kConnects, kRefused, kHangs, kGhost, kSlow, kImpostor };

}  // namespace holdfast::sim
