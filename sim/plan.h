#pragma once

// Plan: everything that happens in one run, as data: what the applications do, what the network is like, what goes
// wrong and when, and how the endpoints are set. A run draws no randomness but cryptographic entropy, which follows
// from `seed` by name, so taking a line out of a plan shifts nothing else. The text form is in plan_text.h.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/crypto/crypto.h"
#include "core/session/options.h"

namespace holdfast::sim {

enum class Side : uint8_t { kClient, kServer };

// Of a byte stream: from the client to the server, or back. In text "c>s" and "s>c".
enum class Direction : uint8_t { kUp, kDown };

constexpr Side SenderOf(Direction direction) { return direction == Direction::kUp ? Side::kClient : Side::kServer; }
constexpr Direction DirectionFrom(Side sender) { return sender == Side::kClient ? Direction::kUp : Direction::kDown; }
constexpr Direction Opposite(Direction direction) {
  return direction == Direction::kUp ? Direction::kDown : Direction::kUp;
}

// As a time: it never comes. As a size: all of it. As a transport, or a client: every one.
inline constexpr Duration kNeverAfter = Duration::max();
inline constexpr uint64_t kAll = UINT64_MAX;
inline constexpr uint32_t kEveryTransport = UINT32_MAX;
inline constexpr uint32_t kEveryClient = UINT32_MAX;  // In text "all".
constexpr bool IsOf(uint32_t whose, uint32_t client) { return whose == client || whose == kEveryClient; }

// --- What the applications do --------------------------------------------------------------------------------------

enum class StartRule : uint8_t {
  kAtOnce,     // A client before its session is open, a server when it is.
  kAfterPeer,  // Once the first byte, or the end, of the other direction has come: the other side speaks first.
};
enum class FinishRule : uint8_t {
  kWhenSent,   // After the last byte: half close.
  kAfterPeer,  // After the last byte, once the other direction is complete.
};

// One direction of one client's session.
struct Stream {
  uint64_t bytes = 0;
  uint64_t chunk = 65536;  // At most so much is given to Send at a time...
  Duration think = {};     // ...and so long after the chunk before it.
  StartRule start = StartRule::kAtOnce;
  Duration start_delay = {};
  FinishRule finish = FinishRule::kWhenSent;
  Duration finish_delay = {};
  bool early = false;        // Up: it may ride in messages 1...
  uint64_t early_every = 1;  // ...if this is not 1, only every so-many-th chunk of it.
  // Of the reader, if its end lets it say what it has consumed (explicit_consume): so much at a time...
  uint64_t consume_chunk = kAll;
  Duration consume_delay = {};  // ...and so long after it was delivered, or after the chunk before it.
  bool operator==(const Stream&) const = default;
};

// Whether that byte of a stream may ride in messages 1.
constexpr bool MayGoEarly(const Stream& stream, uint64_t offset) {
  return stream.early && offset / stream.chunk % stream.early_every == stream.early_every - 1;
}

// An application gives up. The first of the conditions to hold is enough.
struct Abort {
  uint32_t client = 0;
  Side by = Side::kClient;
  uint64_t code = 0;
  Duration at = kNeverAfter;  // Since the start of the run.
  uint64_t sent = kAll;       // Once it has given so many bytes to Send...
  uint64_t delivered = kAll;  // ...or been given so many of the peer's.
  bool operator==(const Abort&) const = default;
};

// --- What the network is like --------------------------------------------------------------------------------------

enum class Segments : uint8_t {
  kWhole,      // Arrive as they were written.
  kRandom,     // Cut into pieces of 1 to segment_bytes bytes.
  kOneByte,    // One byte at a time, for the first 4 KiB; whole after them.
  kCoalesced,  // All that arrives within `window` arrives together.
};

// One direction of a transport.
struct Path {
  Duration latency = std::chrono::milliseconds(5);
  Duration jitter = {};         // Each segment takes up to so much longer; none overtakes another.
  uint64_t bandwidth = 0;       // Bytes a second; 0 is no limit.
  uint64_t capacity = 1 << 20;  // Bytes under way at most: beyond it writes are taken in part, or not at all.
  Segments segments = Segments::kWhole;
  uint64_t segment_bytes = 1460;
  Duration window = {};
  bool operator==(const Path&) const = default;
};

// The later of two rules for one transport wins.
struct PathRule {
  uint32_t client = 0;  // Or kEveryClient.
  Direction direction = Direction::kUp;
  uint32_t transport = kEveryTransport;
  Path path;
  bool operator==(const PathRule&) const = default;
};

// --- What goes wrong -----------------------------------------------------------------------------------------------

enum class FaultKind : uint8_t {
  kFin,      // The transport ends: each side learns after what was under way to it.
  kReset,    // The transport breaks: what has not arrived when a side learns is lost to it.
  kSilence,  // The transport swallows what is written, and nobody is told.
  kStall,    // Nothing arrives for a while; then all of it does.
  kRefuse,   // A dial fails.
  kHang,     // A dial never comes to anything.
  kGhost,    // Likewise, but the server accepted a transport, on which nothing ever comes.
  kSlow,     // A dial takes long.
  kProbe,    // The client opens another transport although it has one that works.
  kMove,     // The server's host exports the client's session, and imports it again after a while.
  // An adversary is on the path until the heal. He reads all and has no key. (What he cuts short is a kFin at a byte,
  // what he delays a kStall, and what he withholds and delivers when others have overtaken it a death with `late`.)
  kTamper,    // He changes the bytes of a transport.
  kIntrude,   // He opens a transport of his own to the server, and says something.
  kImpostor,  // He takes a client's dial himself, and answers in the server's place.
  kRestart,   // The server goes down, with all its transports; its dials fail until it is up again.
  kScarce,    // A host finds no large block of memory for a while.
};
inline constexpr size_t kFaultKinds = 15;

// What is done to the bytes of a transport, from a certain one on.
enum class Tampering : uint8_t {
  kFlip,     // One bit of that byte is another.
  kOmit,     // So many bytes vanish.
  kInsert,   // Others come between.
  kReplace,  // As many others come in their place.
};

// Where the adversary's own bytes are from.
enum class Forging : uint8_t {
  kRecorded,   // Somebody wrote them before, on any transport: the same bytes again, or another's.
  kNoise,      // Made up: they follow from the plan's seed.
  kReflected,  // Whatever he is told he says himself. Impostors only.
  kFramed,     // Noise behind the length that a record of as many bytes has.
};

// What becomes of sessions when the server goes down.
enum class Saved : uint8_t {
  kLost,  // It comes back under its key, and knows nobody.
  kKept,  // All that can be is exported at rest before, and imported after.
};

// A client's dials are numbered from 0, and so are its transports: the dials that came to something. So a plan with one
// fault less leaves the others where they were.
struct Fault {
  FaultKind kind = FaultKind::kFin;
  uint32_t client = 0;  // Or kEveryClient, of what strikes by dial, age or at: each client's own, all at once.

  // Where it strikes: by dial for refuse, hang, ghost and slow; by age or at for a probe or a move; at for a restart
  // and scarcity; by byte, age or at for the others. Refuse and hang with at: an outage, of all dials that begin within
  // `lasting` from then on.
  uint32_t dial = 0;
  uint32_t transport = 0;  // Of byte and age.
  Direction direction = Direction::kUp;
  uint64_t byte = kAll;        // When this byte of that transport and direction would be written; it is not.
  Duration age = kNeverAfter;  // So long after the client opened that transport.
  Duration at = kNeverAfter;   // So long after the start, on whichever transport the client opened last.

  // Fin, reset, silence; of a restart client_learns and keep_down.
  Duration client_learns = {};  // So long after the death, or never. Silence: never, unless it says otherwise.
  Duration server_learns = {};
  uint64_t keep_up = kAll;  // Of the bytes under way in each direction the first so many still arrive...
  uint64_t keep_down = kAll;
  Duration late = {};  // ...so much later than they would have.

  // Stall, slow, scarcity; an outage; a move: until the import; a restart: until the server is up again. Intrude: so
  // long after his last byte he closes.
  Duration lasting = {};
  bool live = false;             // Move: with its transport, or else at rest...
  uint64_t to = 0;               // ...to the server of the site that is so many places further on.
  bool both_directions = false;  // Stall: `direction` alone, unless set.
  Saved state = Saved::kLost;    // Restart.
  Side by = Side::kClient;       // Scarcity: whose memory.
  uint64_t largest = 2048;       // Scarcity: the largest block that it finds.

  // Tamper. If `message` is set, `byte` counts from where the endpoint's so many-th write on that transport begins (0
  // is preamble and message 1, or message 2; then come message 3 or records).
  Tampering how = Tampering::kFlip;
  uint64_t message = kAll;
  uint64_t bit = 0;      // Flip: of the byte. Intrude, impostor: of what is said; all: none is flipped.
  uint64_t size = kAll;  // Omit, and the adversary's own bytes. All: to the end of the message, or of the record of it.

  // Where recorded bytes begin: as above. Of noise, framed or not: which.
  Forging with = Forging::kRecorded;
  uint32_t from_client = 0;
  uint32_t from_transport = 0;
  Direction from_direction = Direction::kUp;
  uint64_t from_message = kAll;
  uint64_t from_byte = 0;
  Duration pace = {};  // Intrude, impostor: one byte in so long; 0: all at once.

  bool operator==(const Fault&) const = default;
};

// A fault of that kind before it is told more: nobody learns of a silence.
constexpr Fault FaultOf(FaultKind kind) {
  Fault fault;
  fault.kind = kind;
  if (kind == FaultKind::kSilence) fault.client_learns = fault.server_learns = kNeverAfter;
  if (kind == FaultKind::kIntrude || kind == FaultKind::kImpostor) fault.bit = kAll;
  if (kind == FaultKind::kIntrude) fault.lasting = kNeverAfter;
  return fault;
}
constexpr bool IsDeath(FaultKind kind) { return kind <= FaultKind::kSilence; }
// Of hosts, not of the network.
constexpr bool IsOfHost(FaultKind kind) {
  return kind == FaultKind::kProbe || kind == FaultKind::kMove || kind == FaultKind::kRestart ||
         kind == FaultKind::kScarce;
}
constexpr bool IsOfDial(FaultKind kind) {
  return (kind >= FaultKind::kRefuse && kind <= FaultKind::kSlow) || kind == FaultKind::kImpostor;
}
constexpr bool IsAdversary(FaultKind kind) { return kind >= FaultKind::kTamper && kind <= FaultKind::kImpostor; }
constexpr bool MayBeOutage(FaultKind kind) { return kind == FaultKind::kRefuse || kind == FaultKind::kHang; }
// Whom it is about is no question.
constexpr bool IsOfServer(const Fault& fault) {
  return fault.kind == FaultKind::kRestart || (fault.kind == FaultKind::kScarce && fault.by == Side::kServer);
}

// --- How the endpoints are set -------------------------------------------------------------------------------------

// Which of two keys an end goes by.
enum class Known : uint8_t {
  kRight,    // The one that the other end has.
  kWrong,    // Another one.
  kNothing,  // None. A client then asks its application about the server's key.
};

// As ClientConfig and ServerConfig of core/pool, without the keys, which follow from the seed.
struct ClientSettings {
  Suite suite = Suite::kChaChaPoly;
  Known server_key = Known::kRight;
  Known network_key = Known::kNothing;
  bool static_key = false;  // It proves a key of its own: XX.
  Duration hold = std::chrono::minutes(10);
  Duration attempt_timeout_first = limits::kAttemptTimeoutFirst;
  Duration attempt_timeout_max = limits::kAttemptTimeoutMax;
  Duration backoff_first = limits::kBackoffFirst;
  Duration backoff_max = limits::kBackoffMax;
  SessionOptions session;
  bool operator==(const ClientSettings& other) const;
};

struct ServerSettings {
  uint64_t servers = 1;  // Of these settings and one key: a site, between whose servers sessions move.
  bool offer_nx = true;
  bool offer_xx = true;
  bool network_key = false;  // A private listener.
  Duration clock_window = limits::kClockWindow;
  uint64_t replays_max = limits::kReplaysMax;
  Duration hold_max = limits::kHoldMax;
  Duration handshake_time = limits::kHandshakeTime;
  Duration candidate_time = limits::kCandidateTime;
  Duration embryo_time = limits::kEmbryoTime;
  uint64_t handshakes_max = 1024;
  uint64_t embryos_max = 1024;
  uint64_t sessions_max = 1024;
  uint64_t handshakes_per_source_max = 1024;
  uint64_t embryos_per_source_max = 1024;
  uint64_t handshake_bytes_max = limits::kHandshakeBytesMax;
  uint64_t memory_max = limits::kMemoryMax;
  SessionOptions session;
  bool operator==(const ServerSettings& other) const;
};

bool SameOptions(const SessionOptions& a, const SessionOptions& b);

// A host's clock on the wall is set. Until then it has none.
struct ClockRule {
  Side of = Side::kServer;
  uint32_t client = 0;   // Of a client's clock; or kEveryClient.
  Duration at = {};      // Since the start of the run.
  Duration offset = {};  // To the true time; may be negative.
  bool operator==(const ClockRule&) const = default;
};

// --- All of it -----------------------------------------------------------------------------------------------------

struct ClientPlan {
  ClientSettings settings;
  Stream up;
  Stream down;
  Duration start = {};  // First dial, after the start of the run.
  uint32_t source = 0;  // Its address, as far as the server's limits are concerned.
  // What the server's application says of the client's key, and the client's of the server's, if they are asked.
  Duration verdict_delay = {};
  bool refuse = false;
  Duration trust_delay = {};
  bool distrust = false;
  const Stream& stream(Direction d) const { return d == Direction::kUp ? up : down; }
  Stream& stream(Direction d) { return d == Direction::kUp ? up : down; }
  bool operator==(const ClientPlan&) const = default;
};

inline constexpr uint32_t kClientsMax = 4096;
inline constexpr uint64_t kServersMax = 4;

// What the streams are for.
enum class Workload : uint8_t {
  kStreams,  // The applications have the session's streams.
  kRelay,    // They are connected by relays at both ends of it (sim/relayed_endpoint.h): one client, one server.
};

struct Plan {
  uint64_t seed = 0;
  Workload workload = Workload::kStreams;
  // From this moment the network is good: nothing goes wrong any more, what stalls goes on, what is dead stays dead.
  // Never: it stays as it is, and so long after the start (kUnhealedRun) the run is broken off, whatever is left.
  Duration heal = std::chrono::seconds(60);
  // Hosts wake their endpoints also when a deadline has moved on since they set their timer.
  bool spurious_ticks = false;
  ServerSettings server;
  std::vector<ClientPlan> clients;  // From 1 to kClientsMax.
  std::vector<ClockRule> clocks;
  std::vector<PathRule> paths;
  std::vector<Abort> aborts;
  std::vector<Fault> faults;
  bool operator==(const Plan&) const = default;
};

// The path of one direction of one transport.
const Path& PathOf(const Plan& plan, uint32_t client, uint32_t transport, Direction direction);

// Whether the server, as it is set, can ever let the client in: what it offers, and what the network key and the two
// clocks are at last. (What the applications say of the keys is another question.)
bool MayEnter(const Plan& plan, uint32_t client);

// Whether an application's verdict keeps the session from ever being opened.
bool IsRefused(const Plan& plan, uint32_t client);

// Whether the client does not get in where the server owes a stranger no byte.
bool IsOutsider(const Plan& plan, uint32_t client);

// Whether an adversary is on the path.
bool HasAdversary(const Plan& plan);

// After so long a run without a heal is broken off.
inline constexpr Duration kUnhealedRun = std::chrono::hours(1);

// Whether the plan has a fault of that kind.
bool HasFault(const Plan& plan, FaultKind kind);

// Whether the server's sessions may have to wait for each other's memory.
inline bool HasLittleMemory(const Plan& plan) { return plan.server.memory_max < limits::kMemoryMax; }

// What the network is like after the heal.
inline constexpr Path kGoodPath = {.latency = std::chrono::milliseconds(1)};

std::string_view NameOf(FaultKind kind);
std::string_view NameOf(Direction direction);
std::string_view NameOf(Side side);

}  // namespace holdfast::sim
