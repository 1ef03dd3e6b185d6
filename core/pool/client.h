#pragma once

// Client: one resumable session, seen from the side that dials (docs/protocol.md). Verbs state facts and the time; Poll
// yields every consequence and is the only verb that draws entropy. After each verb, call Poll until it yields nothing.
//
//   Client client(config);
//   while (auto event = client.Poll(now, entropy)) ...        // first of all: Dial
//   TransportId t = client.TransportOpened(now);              // then Poll: Write ...
//   client.Receive(now, t, bytes);                            // then Poll: Opened, Deliver, Write ...
//
// Not thread-safe; holds no reference to anything of the caller's between calls but the bytes given to Receive.

#include <memory>
#include <optional>

#include "core/base/digest.h"
#include "core/pool/moving.h"
#include "core/session/event.h"
#include "core/session/network_key.h"
#include "core/session/options.h"
#include "core/session/view.h"

namespace holdfast {

class ForkKey;

struct ClientConfig {
  // The only key that will do, known by the server's *name*, never by an address. Not set: event::KeyPresented asks the
  // application, which may consult its KnownHosts.
  std::optional<PublicKey> server_key = std::nullopt;
  std::optional<KeyPair> static_key = std::nullopt;      // Set: prove to the server who we are (XX).
  std::optional<NetworkKey> network_key = std::nullopt;  // Set: the server is in this private network (psk0).
  Suite suite = Suite::kChaChaPoly;
  Duration hold = limits::kHold;  // H: how long after the last sign of the peer the session is given up. >= 1 ms.
  Duration attempt_timeout_first = limits::kAttemptTimeoutFirst;  // Doubles with each failure in a row...
  Duration attempt_timeout_max = limits::kAttemptTimeoutMax;      // ...up to this; >= 60 s but in tests.
  Duration backoff_first = limits::kBackoffFirst;                 // Likewise, with jitter of up to half of it.
  Duration backoff_max = limits::kBackoffMax;
  SessionOptions session = {};
};

// kNew -> kGreeting -> kOpen <-> kSuspended -> (kClosing ->) kEnded; the table is in client_states.h.
enum class ClientState : uint8_t { kNew, kGreeting, kOpen, kSuspended, kClosing, kEnded };
std::string_view NameOf(ClientState state);

// Whether bytes may ride in message 1 of a resume, where they reach the server a round trip earlier: but an adversary
// may deliver them when he likes, also if no resume follows, and whoever steals the resume key before it is wiped can
// read them (docs/protocol.md 5.6). Each byte is still delivered at most once, and in order.
enum class Early : bool { kNo, kYes };

class Client {
 public:
  explicit Client(const ClientConfig& config);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // A fresh byte stream to the server exists. An attempt on an earlier one is given up; an attached one stays attached
  // until the new one has proved itself (HF-RES-4). After the end: a transport that is closed at once.
  // `bound`: what both ends know to have come before its first byte, which the handshake is bound to; at most
  // limits::kBoundBytesMax (HF-NET-10).
  TransportId TransportOpened(Time now, ByteSpan bound = {});

  // The transport is gone, whoever closed it. Its bytes must have been given to Receive and polled before. Ignored for
  // transports that are forgotten.
  void TransportClosed(Time now, TransportId transport);

  // The dial that the last Dial event asked for came to nothing.
  void DialFailed(Time now);

  // The next bytes of the transport's stream: any split of it gives the same events. The view must live until Poll has
  // yielded nothing. All are taken. Ignored for transports that are forgotten.
  void Receive(Time now, TransportId transport, ByteSpan bytes);

  // While not writable, no Write is yielded for the transport. Writable when opened. What a Write holds is at most one
  // record or handshake message (65,537 bytes), so this bounds what the caller must buffer.
  void SetWritable(Time now, TransportId transport, bool writable);

  // The verdict on a key that event::KeyPresented named. It holds for every later attempt, too. If it is no, the
  // session ends as refused; ignored once a session is open.
  void Judge(Time now, const PublicKey& key, bool accept);

  // What the clock on the wall shows; call it again when that is stepped. Only a private network asks for it: a server
  // that has a clock refuses greetings without one. HF-NEW-17.
  void SetClock(Time now, WallTime wall);

  // Appends to our stream, before or after the session is open: copies as much as the replay buffer has room for and
  // returns how much. If that is less than all, SpaceAvailable follows. 0 after Finish, Abort or the end.
  // `early` is a permission, and has no effect unless SessionOptions::early_bytes_max allows some.
  size_t Send(Time now, ByteSpan plaintext, Early early = Early::kNo);

  // The application owns `bytes` more of what was delivered: the server may forget them, and send as many more. For
  // SessionOptions::explicit_consume; else, and once the session is over, ignored. At most what was delivered and not
  // yet consumed.
  void Consumed(Time now, uint64_t bytes);

  // Our stream ends here. No more Send. The session ends when both streams have.
  void Finish(Time now);

  // Ends the session with a code for the peer's application (<= 2^62 - 1), without delivery of outstanding bytes. The
  // end is reported when the server knows, or the hold time is over.
  void Abort(Time now, uint64_t app_code);

  // Takes the session out of this client, without telling anybody (core/pool/moving.h). Poll must have yielded
  // everything. Its transports are closed (CloseTransport); this object is spent: kEnded, without an Ended event.
  // kNotMovable, and nothing has changed, if there is no session: before it was open, and after the end.
  Result<RestBlob> ExportAtRest(Time now, Entropy& entropy);

  // A client that goes on with the session: suspended, or closing. Suite and hold time are the session's, all else is
  // as `config` says. `rested`: as for Server::ImportAtRest. kBadBlob, kMemoryFull: the blob is still the caller's. No
  // client can know whether another has imported the blob: that is the caller's duty.
  static Result<Client> ImportAtRest(Time now, const ClientConfig& config, RestBlob&& blob,
                                     Duration rested = Duration(0));

  std::optional<Event> Poll(Time now, Entropy& entropy);

  // Call Tick at this time at the latest (then Poll). kNever: nothing is waited for.
  Time Deadline() const;
  void Tick(Time now);

  ClientState state() const;
  SessionView View() const;

  // Two clients with equal digests behave alike.
  uint64_t StateDigest() const;
  Client ForkForSimulation(const ForkKey&) const;
  // Which key and nonce sealed the transport's last record, if it had one: for the oracle of nonce uniqueness. Each
  // Write on a transport that has a record seals exactly one.
  std::optional<SealMark> LastSeal(const ForkKey&, TransportId transport) const;

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast
