#pragma once

// Party: one end of your own protocol, as a world drives it. Write a type with the verbs below, for each side; nothing
// else of Holdfast has to be known:
//
//   PartyProtocol<MyClient, MyServer> protocol({.name = "mine"});
//   EXPECT_TRUE(Survives(protocol, {.seeds = {1, 1000}}));                       // sim/plug/survives.h
//
// A world has one session, between one client and one server. It moves bytes and time; the types say what is to be
// done. Transports are numbered from 1 at each end, die at any byte, and a number never comes back. A type must not
// look at a clock or draw randomness of its own: the same calls must give the same outputs, for a failing run to be
// seen again.

#include <concepts>
#include <cstdint>
#include <optional>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/time.h"
#include "core/session/event.h"

namespace holdfast::sim {

// What a party wants done. Views live until the next call of the party.
namespace output {

// Clients: open a transport, after so long. It takes the place of a wish, or of a dial, that has not come to anything.
struct Dial {
  Duration after = {};
};
// These bytes, on a transport that is open. All of them are taken; they may go out much later, or never.
struct Write {
  TransportId transport = TransportId::kNone;
  ByteSpan bytes;
};
// No more is to be said on it, once what was written has gone out; and what still comes over it is of no interest.
struct Close {
  TransportId transport = TransportId::kNone;
};
// The next bytes of the peer's stream, for the application here.
struct Deliver {
  ByteSpan bytes;
};
// The peer's stream is complete: all of it was delivered.
struct PeerFinished {};
// The session is over at this end: both streams are complete, and nothing has to be said again. Or this end has given
// it up. A client's transports are then closed for it. A server may go on answering whoever has not heard.
struct Ended {
  bool finished = true;
};

}  // namespace output

using Output =
    std::variant<output::Dial, output::Write, output::Close, output::Deliver, output::PeerFinished, output::Ended>;

// --- The verbs -----------------------------------------------------------------------------------------------------

namespace verb {

template <typename T>
concept TransportOpened = requires(T t, Time now, TransportId id) { t.TransportOpened(now, id); };
template <typename T>
concept TransportClosed = requires(T t, Time now, TransportId id) { t.TransportClosed(now, id); };
template <typename T>
concept Receive = requires(T t, Time now, TransportId id, ByteSpan bytes) { t.Receive(now, id, bytes); };
template <typename T>
concept Send = requires(T t, Time now, ByteSpan bytes) {
  { t.Send(now, bytes) } -> std::convertible_to<size_t>;
};
template <typename T>
concept Finish = requires(T t, Time now) { t.Finish(now); };
template <typename T>
concept Poll = requires(T t, Time now) {
  { t.Poll(now) } -> std::convertible_to<std::optional<Output>>;
};
template <typename T>
concept Deadline = requires(const T t) {
  { t.Deadline() } -> std::convertible_to<Time>;
};
template <typename T>
concept Tick = requires(T t, Time now) { t.Tick(now); };
template <typename T>
concept DialFailed = requires(T t, Time now) { t.DialFailed(now); };

// Not asked for; used where they are there.
template <typename T>
concept MemoryBytes = requires(const T t) {
  { t.MemoryBytes() } -> std::convertible_to<size_t>;
};
template <typename T>
concept StateDigest = requires(const T t) {
  { t.StateDigest() } -> std::convertible_to<uint64_t>;
};

}  // namespace verb

// A server's end:
//   void TransportOpened(Time now, TransportId);           a transport is there.
//   void TransportClosed(Time now, TransportId);           it is gone, by whatever cause. Of one that the party has
//                                                          closed itself nothing more is told.
//   void Receive(Time now, TransportId, ByteSpan bytes);   bytes came, cut anyhow. The view lives until the call ends.
//   size_t Send(Time now, ByteSpan bytes);                 the application sends; how many bytes are taken. If not all,
//                                                          it tries the rest again whenever something has happened.
//                                                          After Finish nothing may be taken.
//   void Finish(Time now);                                 the application has sent its last byte.
//   std::optional<Output> Poll(Time now);                  what is to be done; asked after each call, until nothing.
//   Time Deadline() const;                                 when Tick is wanted; kNever: not at all.
//   void Tick(Time now);                                   the deadline has come, or spuriously before it.
// A client's end has one more:
//   void DialFailed(Time now);                             what was dialed came to nothing.
// And, where there is one: size_t MemoryBytes() const, what this end holds, for ProtocolTraits::memory_max; uint64_t
// StateDigest() const, to compare two worlds. A type that can be copied can be forked, which makes exploring fast.
template <typename T>
concept ServerParty =
    verb::TransportOpened<T> && verb::TransportClosed<T> && verb::Receive<T> && verb::Send<T> && verb::Finish<T> &&
    verb::Poll<T> && verb::Deadline<T> && verb::Tick<T> && std::move_constructible<T>;

template <typename T>
concept ClientParty = ServerParty<T> && verb::DialFailed<T>;

// Fails to compile with a line that says which verb is missing, or is not as it must be.
template <typename T>
constexpr void CheckServerParty() {
  static_assert(verb::TransportOpened<T>, "the type lacks: void TransportOpened(Time now, TransportId transport)");
  static_assert(verb::TransportClosed<T>, "the type lacks: void TransportClosed(Time now, TransportId transport)");
  static_assert(verb::Receive<T>, "the type lacks: void Receive(Time now, TransportId transport, ByteSpan bytes)");
  static_assert(verb::Send<T>, "the type lacks: size_t Send(Time now, ByteSpan bytes)");
  static_assert(verb::Finish<T>, "the type lacks: void Finish(Time now)");
  static_assert(verb::Poll<T>, "the type lacks: std::optional<Output> Poll(Time now)");
  static_assert(verb::Deadline<T>, "the type lacks: Time Deadline() const");
  static_assert(verb::Tick<T>, "the type lacks: void Tick(Time now)");
  static_assert(std::move_constructible<T>, "the type cannot be moved");
}
template <typename T>
constexpr void CheckClientParty() {
  CheckServerParty<T>();
  static_assert(verb::DialFailed<T>, "the type lacks: void DialFailed(Time now), which a client needs");
}

}  // namespace holdfast::sim
