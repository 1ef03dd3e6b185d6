#include "sim/situations.h"

#include <algorithm>

namespace holdfast::sim {
namespace {

using Seen = Sightings;

// `F` is a lambda without captures, of (seen, scene, event).
template <typename Event, typename F>
constexpr Situation::Watch At(F) {
  return {Event::kKind, [](const Sightings& seen, const Scene& scene, const void* event) {
            return static_cast<bool>(F{}(seen, scene, *static_cast<const Event*>(event)));
          }};
}

// --- What the situations are made of -------------------------------------------------------------------------------

bool Is(uint64_t number, auto value) { return number == static_cast<uint64_t>(value); }
bool Early(const Scene& scene) { return scene.plan.server.session.early_bytes_max > 0; }

// Its last message was written and never came in full.
bool Lost(const FlowSeen& flow, size_t message) {
  return flow.messages > message && flow.arrives < flow.first[message];
}

bool Message2Lost(const TransportSeen* t) {
  return t != nullptr && t->down.messages > 0 && t->down.read < t->down.first[0];
}

// Of the latest messages but the handshake's: whether one begins and ends so that `is` holds.
bool AnyRecord(const TransportSeen& t, Direction d, auto is) {
  const FlowSeen& flow = t.flow(d);
  const uint64_t handshake = t.HandshakeMessages(d);
  const uint64_t kept = std::min<uint64_t>(flow.messages, FlowSeen::kEndsKept - 1);
  for (uint64_t i = flow.messages - kept; i < flow.messages; ++i) {
    if (i >= handshake && is(flow.EndOf(i - 1), flow.EndOf(i))) return true;
  }
  return false;
}

// A death that leaves `arrives` of each direction: whether it cuts a record so in either.
bool CutsRecord(const Seen& seen, const trace::Death& e, auto is) {
  const TransportSeen* t = seen.transport(e.client, e.transport);
  if (t == nullptr) return false;
  return AnyRecord(*t, Direction::kUp, [&](uint64_t begin, uint64_t end) { return is(begin, end, e.up_bytes); }) ||
         AnyRecord(*t, Direction::kDown, [&](uint64_t begin, uint64_t end) { return is(begin, end, e.down_bytes); });
}

bool CutsHandshake(const FlowSeen& flow, uint64_t arrives) {
  return flow.messages > 0 && arrives > 0 && arrives < flow.first[0];
}

// Whether what one end owns and the other does not know of was said in a record that is lost. A record with nothing but
// an ACK, a PING and a PONG has at most so many bytes.
constexpr uint64_t kAckRecordBytesMax = 2 + 18 + 2 * 9 + 16;
bool LosesAck(const Seen& seen, const trace::Death& e, Direction d) {
  const ClientSeen& client = seen.client(e.client);
  const TransportSeen* t = client.Find(e.transport);
  const bool up = d == Direction::kUp;
  const uint64_t owned = (up ? client.client : client.server).state.consumed;
  const uint64_t known = (up ? client.server : client.client).state.acked;
  const uint64_t arrives = up ? e.up_bytes : e.down_bytes;
  return t != nullptr && owned > known && AnyRecord(*t, d, [&](uint64_t begin, uint64_t end) {
           return end > arrives && end - begin <= kAckRecordBytesMax;
         });
}

const SessionOptions& OptionsOf(const Scene& scene, uint64_t client, bool of_client) {
  return of_client ? scene.plan.clients[client].settings.session : scene.plan.server.session;
}

// It has more to send, and may not.
bool LacksCredit(const trace::State& state, const SessionOptions& peer) {
  const uint64_t under_way = state.sent - std::min(state.acked, state.sent);
  return state.attached != kNoTransport && under_way >= peer.receive_window && state.replay_bytes > under_way;
}

Duration Nanoseconds(uint64_t ns) { return Duration(static_cast<int64_t>(ns)); }

bool ClosesCandidate(const Seen& seen, const trace::Close& e, Error error) {
  return Is(e.error, error) && e.transport != kNoTransport &&
         e.transport == seen.client(e.client).server.state.candidate;
}

// That a full table closed it because another transport came, or something over another.
bool MakesRoom(const Seen& seen, const Scene& scene, const trace::Close& e, ToldSeen::What told) {
  const bool same = seen.told().client == e.client && seen.told().transport == e.transport;
  return !scene.actor.is_client() && Is(e.error, Error::kTableFull) && seen.told().what == told && !same;
}

bool RefusesGreeting(const Scene& scene, const trace::Close& e, Error error) {
  return !scene.actor.is_client() && Is(e.error, error);
}

// --- The table -----------------------------------------------------------------------------------------------------

constexpr std::string_view kHandshakes = "handshakes that come to nothing";
constexpr std::string_view kCuts = "where a cut strikes";
constexpr std::string_view kLate = "what comes late";
constexpr std::string_view kResumes = "resumes";
constexpr std::string_view kFlow = "flow";
constexpr std::string_view kEnds = "ends";
constexpr std::string_view kKeys = "keys and clocks";
constexpr std::string_view kServer = "a server's limits";
constexpr std::string_view kMoves = "sessions that move";
constexpr std::string_view kTime = "time";

constexpr Situation kSituations[] = {
    {kHandshakes, "message 1 is lost", "an attempt fails whose message 1 never came in full",
     At<trace::AttemptFailed>([](const Seen& s, const Scene&, const trace::AttemptFailed& e) {
       const TransportSeen* t = s.transport(e.client, e.transport);
       return t != nullptr && Lost(t->up, 0);
     })},
    {kHandshakes, "message 2 of a new session is lost",
     "the server has answered a greeting, and the client never knows",
     At<trace::AttemptFailed>([](const Seen& s, const Scene&, const trace::AttemptFailed& e) {
       const TransportSeen* t = s.transport(e.client, e.transport);
       return Message2Lost(t) && !t->resume;
     })},
    {kHandshakes, "message 2 of a resume is lost", "the server has a pending epoch that the client never knows",
     At<trace::AttemptFailed>([](const Seen& s, const Scene&, const trace::AttemptFailed& e) {
       const TransportSeen* t = s.transport(e.client, e.transport);
       return Message2Lost(t) && t->resume;
     })},
    {kHandshakes, "message 2 of a resume is lost twice", "two attempts in a row fail so",
     At<trace::AttemptFailed>([](const Seen& s, const Scene&, const trace::AttemptFailed& e) {
       const TransportSeen* t = s.transport(e.client, e.transport);
       return Message2Lost(t) && t->resume && s.client(e.client).messages2_lost > 0;
     })},
    {kHandshakes, "message 3 is lost", "a client that proves a key has a session, and the server has nothing of it",
     At<trace::Suspended>([](const Seen& s, const Scene& c, const trace::Suspended& e) {
       const TransportSeen* t = s.transport(e.client, e.transport);
       return c.actor.is_client() && t != nullptr && t->message3 && Lost(t->up, 1);
     })},
    {kHandshakes, "the first record is lost", "a client has message 2, and the server never hears that it has",
     At<trace::Suspended>([](const Seen& s, const Scene& c, const trace::Suspended& e) {
       const TransportSeen* t = s.transport(e.client, e.transport);
       return c.actor.is_client() && t != nullptr && Lost(t->up, t->message3 ? 2 : 1);
     })},
    {kHandshakes, "the server's first record is lost", "the server is on a transport, and the client never hears of it",
     At<trace::Suspended>([](const Seen& s, const Scene& c, const trace::Suspended& e) {
       const TransportSeen* t = s.transport(e.client, e.transport);
       return c.actor.is_client() && t != nullptr && Lost(t->down, 1);
     })},
    {kHandshakes, "a candidate gives way to a newer one", "a second attempt comes before the first one's record",
     At<trace::Close>([](const Seen& s, const Scene& c, const trace::Close& e) {
       return !c.actor.is_client() && ClosesCandidate(s, e, Error::kSuperseded);
     })},
    {kHandshakes, "a candidate's time is over", "its first record never comes",
     At<trace::Close>([](const Seen& s, const Scene& c, const trace::Close& e) {
       return !c.actor.is_client() && ClosesCandidate(s, e, Error::kTimedOut);
     })},

    {kCuts, "a cut inside a message 1", "some of a client's message 1 arrives, and not all of it",
     At<trace::Death>([](const Seen& s, const Scene&, const trace::Death& e) {
       const TransportSeen* t = s.transport(e.client, e.transport);
       return t != nullptr && CutsHandshake(t->up, e.up_bytes);
     })},
    {kCuts, "a cut inside a message 2", "likewise of a server's message 2",
     At<trace::Death>([](const Seen& s, const Scene&, const trace::Death& e) {
       const TransportSeen* t = s.transport(e.client, e.transport);
       return t != nullptr && CutsHandshake(t->down, e.down_bytes);
     })},
    {kCuts, "a cut inside a length prefix", "the first byte of a record arrives, and not the second",
     At<trace::Death>([](const Seen& s, const Scene&, const trace::Death& e) {
       return CutsRecord(s, e, [](uint64_t begin, uint64_t, uint64_t arrives) { return arrives == begin + 1; });
     })},
    {kCuts, "a cut inside a tag", "all of a record's text arrives, and not all of its tag",
     At<trace::Death>([](const Seen& s, const Scene&, const trace::Death& e) {
       return CutsRecord(s, e,
                         [](uint64_t, uint64_t end, uint64_t arrives) { return arrives + 16 >= end && arrives < end; });
     })},
    {kCuts, "a cut between two records", "one record arrives to its last byte, and nothing of the next",
     At<trace::Death>([](const Seen& s, const Scene&, const trace::Death& e) {
       return CutsRecord(s, e, [](uint64_t begin, uint64_t, uint64_t arrives) { return arrives == begin; });
     })},
    {kCuts, "a rekey in flight at a cut", "the first record under a fresh key has not come when its transport dies",
     At<trace::Death>([](const Seen& s, const Scene&, const trace::Death& e) {
       const TransportSeen* t = s.transport(e.client, e.transport);
       return t != nullptr && (t->up.rekey_end > t->up.read || t->down.rekey_end > t->down.read);
     })},
    {kCuts, "an ack is lost", "what an application owns was said in a small record that never arrives",
     At<trace::Death>([](const Seen& s, const Scene&, const trace::Death& e) {
       return LosesAck(s, e, Direction::kUp) || LosesAck(s, e, Direction::kDown);
     })},

    {kLate, "late bytes before the switch", "bytes of the attached transport come while a candidate has been answered",
     At<trace::Receive>([](const Seen& s, const Scene& c, const trace::Receive& e) {
       if (c.actor.is_client()) return false;
       const ClientSeen& client = s.client(e.client);
       return e.transport == client.server.state.attached && e.transport + 1 < client.transports.size() &&
              client.HasAnswered();
     })},
    {kLate, "late bytes after the switch", "bytes of a transport come when a newer one has taken its place",
     At<trace::Receive>([](const Seen& s, const Scene& c, const trace::Receive& e) {
       if (c.actor.is_client()) return false;
       const ClientSeen& client = s.client(e.client);
       const TransportSeen* t = client.Find(e.transport);
       const uint64_t attached = client.server.state.attached;
       return t != nullptr && t->server_on_it && client.Find(attached) != nullptr && e.transport < attached;
     })},
    {kLate, "an answer to an attempt that was given up", "a message 2 goes out on a transport that its client has left",
     At<trace::Write>([](const Seen& s, const Scene& c, const trace::Write& e) {
       if (c.actor.is_client()) return false;
       const TransportSeen* t = s.transport(e.client, e.transport);
       return t != nullptr && t->down.messages == 0 && t->client_gone;
     })},

    {kResumes, "a resume with nothing missing", "all that was sent before had arrived, in both directions",
     At<trace::Resumed>([](const Seen& s, const Scene& c, const trace::Resumed& e) {
       const ClientSeen& client = s.client(e.client);
       return c.actor.is_client() && client.server.opened && client.Gained() > 0 &&
              client.client.state.sent == client.server.state.received &&
              client.server.state.sent == client.client.state.received;
     })},
    {kResumes, "a resume with bytes missing both ways", "some of what was sent before had not, in either direction",
     At<trace::Resumed>([](const Seen& s, const Scene& c, const trace::Resumed& e) {
       const ClientSeen& client = s.client(e.client);
       return c.actor.is_client() && client.client.state.sent > client.server.state.received &&
              client.server.state.sent > client.client.state.received;
     })},
    {kResumes, "a replay is cut in the middle", "a transport is lost when some of what was missing has come",
     At<trace::Suspended>([](const Seen& s, const Scene& c, const trace::Suspended& e) {
       const ClientSeen& client = s.client(e.client);
       const auto within = [](const GapSeen& gap, uint64_t received) {
         return received > gap.from && received < gap.to;
       };
       return c.actor.is_client() && (within(client.gap_up, client.server.state.received) ||
                                      within(client.gap_down, client.client.state.received));
     })},
    {kResumes, "three resumes without a byte of progress", "three in a row, each with the same bytes missing",
     At<trace::Resumed>([](const Seen& s, const Scene& c, const trace::Resumed& e) {
       const ClientSeen& client = s.client(e.client);
       const bool missing = client.client.state.sent > client.server.state.received ||
                            client.server.state.sent > client.client.state.received;
       return c.actor.is_client() && missing && client.stuck_resumes >= 2 && client.Gained() == client.gained;
     })},
    {kResumes, "a probe takes a live transport's place", "a client resumes while its transport is well",
     At<trace::Resumed>([](const Seen& s, const Scene& c, const trace::Resumed& e) {
       const ClientSeen& client = s.client(e.client);
       const TransportSeen* t = client.Find(client.client.state.attached);
       return c.actor.is_client() && client.walk.at() == ClientState::kOpen && t != nullptr && !t->died;
     })},
    {kResumes, "a resume while an application owes consumption", "delivered bytes are not yet consumed",
     At<trace::Resumed>([](const Seen& s, const Scene&, const trace::Resumed& e) {
       const ClientSeen& client = s.client(e.client);
       return client.client.state.received > client.client.state.consumed ||
              client.server.state.received > client.server.state.consumed;
     })},
    {kResumes, "early data are delivered", "bytes out of a message 1 are given to the application",
     At<trace::Deliver>([](const Seen& s, const Scene& c, const trace::Deliver& e) {
       const ToldSeen& told = s.told();
       if (c.actor.is_client() || e.transport != kNoTransport || told.what != ToldSeen::What::kReceive) return false;
       const TransportSeen* t = s.transport(told.client, told.transport);
       return Early(c) && t != nullptr && t->down.messages == 0;
     })},
    {kResumes, "early data are ignored as duplicates", "the server had all of them, and more",
     At<trace::Write>([](const Seen& s, const Scene& c, const trace::Write& e) {
       if (c.actor.is_client()) return false;
       const TransportSeen* t = s.transport(e.client, e.transport);
       if (t == nullptr || !t->early || t->early_taken || t->down.messages > 0) return false;
       const ClientSeen& client = s.client(e.client);
       return Early(c) && !client.server.ended && client.client.state.sent <= client.server.state.received;
     })},

    {kFlow, "a write is taken in part", "a transport takes some of a message",
     At<trace::Write>(
         [](const Seen&, const Scene&, const trace::Write& e) { return e.taken > 0 && e.taken < e.size; })},
    {kFlow, "a client talks on an unwritable transport", "its application sends while the transport takes nothing",
     At<trace::Send>([](const Seen& s, const Scene& c, const trace::Send& e) {
       const ClientSeen& client = s.client(e.client);
       const TransportSeen* t = client.Find(client.client.state.attached);
       return c.actor.is_client() && e.accepted > 0 && t != nullptr && !t->up.writable;
     })},
    {kFlow, "neither direction is writable", "a transport is blocked both ways at once",
     At<trace::Writable>([](const Seen& s, const Scene&, const trace::Writable& e) {
       const TransportSeen* t = s.transport(e.client, e.transport);
       return e.writable == 0 && t != nullptr && !t->flow(Opposite(static_cast<Direction>(e.dir))).writable;
     })},
    {kFlow, "no credit in either direction", "both ends have more to send, and may not",
     At<trace::State>([](const Seen& s, const Scene& c, const trace::State& e) {
       const bool client = c.actor.is_client();
       return LacksCredit(e, OptionsOf(c, e.client, !client)) &&
              LacksCredit(s.other_end(c, e.client).state, OptionsOf(c, e.client, client));
     })},
    {kFlow, "both replay buffers are full", "neither application can send more",
     At<trace::State>([](const Seen& s, const Scene& c, const trace::State& e) {
       const bool client = c.actor.is_client();
       return e.replay_bytes >= OptionsOf(c, e.client, client).replay_bytes_max &&
              s.other_end(c, e.client).state.replay_bytes >= OptionsOf(c, e.client, !client).replay_bytes_max;
     })},

    {kEnds, "both finish at once", "an end hears that the other's stream is complete when its own end is under way",
     At<trace::PeerFinished>([](const Seen& s, const Scene& c, const trace::PeerFinished& e) {
       const EndSeen& end = s.end(c, e.client);
       return end.finished && end.state.sent == end.final && end.state.attached != kNoTransport &&
              !s.other_end(c, e.client).peer_finished;
     })},
    {kEnds, "an abort while suspended", "an application gives up while no transport is attached",
     At<trace::Abort>([](const Seen& s, const Scene& c, const trace::Abort& e) {
       const EndSeen& end = s.end(c, e.client);
       return end.opened && !end.ended && end.state.attached == kNoTransport;
     })},
    {kEnds, "aborts cross", "both applications give up, and each end knows of both",
     At<trace::Ended>(
         [](const Seen&, const Scene& c, const trace::Ended& e) { return c.actor.is_client() && e.crossed != 0; })},
    {kEnds, "the server hears of a crossed abort", "the client's abort reaches a session that the server has aborted",
     At<trace::Crossed>([](const Seen&, const Scene&, const trace::Crossed&) { return true; })},
    {kEnds, "an abort meets the finish", "a client gives up, and the session had finished",
     At<trace::Ended>([](const Seen& s, const Scene& c, const trace::Ended& e) {
       return c.actor.is_client() && s.client(e.client).client.aborted && Is(e.cause, Cause::kFinished);
     })},
    {kEnds, "a tombstone answers a late client", "a resume learns how the session had ended before it came",
     At<trace::Ended>([](const Seen& s, const Scene& c, const trace::Ended& e) {
       const TransportSeen* t = s.transport(e.client, s.client(e.client).last_read);
       return c.actor.is_client() && t != nullptr && t->from_tombstone && Is(e.cause, s.client(e.client).server.cause);
     })},
    {kEnds, "the server expires first", "it gives a session up that its client holds",
     At<trace::Ended>([](const Seen& s, const Scene& c, const trace::Ended& e) {
       return !c.actor.is_client() && Is(e.cause, Cause::kExpired) && !s.client(e.client).client.ended;
     })},
    {kEnds, "the client expires first", "it gives a session up that the server holds",
     At<trace::Ended>([](const Seen& s, const Scene& c, const trace::Ended& e) {
       const EndSeen& server = s.client(e.client).server;
       return c.actor.is_client() && Is(e.cause, Cause::kExpired) && server.opened && !server.ended;
     })},
    {kEnds, "an outage outlasts the hold time", "both ends give the session up, each by itself",
     At<trace::Ended>([](const Seen& s, const Scene& c, const trace::Ended& e) {
       const EndSeen& other = s.other_end(c, e.client);
       return Is(e.cause, Cause::kExpired) && other.ended && Is(other.cause, Cause::kExpired);
     })},
    {kEnds, "never confirmed", "a client cannot tell whether the server ever had its session",
     At<trace::Ended>([](const Seen&, const Scene& c, const trace::Ended& e) {
       return c.actor.is_client() && Is(e.cause, Cause::kNeverConfirmed);
     })},
    {kEnds, "an unconfirmed session expires", "the server forgets one whose client showed nothing",
     At<trace::Census>([](const Seen& s, const Scene&, const trace::Census& e) {
       return s.told().what == ToldSeen::What::kTick && e.embryos < s.census().embryos;
     })},

    {kKeys, "a client's key is refused", "the server's application says no",
     At<trace::Verdict>(
         [](const Seen&, const Scene& c, const trace::Verdict& e) { return !c.actor.is_client() && e.accepted == 0; })},
    {kKeys, "a server's key is refused", "a client's application says no",
     At<trace::Verdict>(
         [](const Seen&, const Scene& c, const trace::Verdict& e) { return c.actor.is_client() && e.accepted == 0; })},
    {kKeys, "a verdict when the client is cut off", "the client whose key it is about has no transport",
     At<trace::Verdict>([](const Seen& s, const Scene& c, const trace::Verdict& e) {
       return !c.actor.is_client() && s.client(e.client).client.state.attached == kNoTransport;
     })},
    {kKeys, "a verdict when the session is gone", "the session that it is about is over already",
     At<trace::Verdict>([](const Seen& s, const Scene& c, const trace::Verdict& e) {
       const ServerSessionSeen* session = s.server_session(e.session);
       return !c.actor.is_client() && session != nullptr && session->gone;
     })},
    {kKeys, "clocks too far apart", "a private network's server refuses a greeting for its time stamp",
     At<trace::Close>(
         [](const Seen&, const Scene& c, const trace::Close& e) { return RefusesGreeting(c, e, Error::kClockSkew); })},
    {kKeys, "a greeting that may be a repetition", "it refuses one that it cannot tell from an old one",
     At<trace::Close>(
         [](const Seen&, const Scene& c, const trace::Close& e) { return RefusesGreeting(c, e, Error::kReplayed); })},

    {kServer, "the oldest handshake makes room", "another transport comes, and the table of handshakes is full",
     At<trace::Close>([](const Seen& s, const Scene& c, const trace::Close& e) {
       return MakesRoom(s, c, e, ToldSeen::What::kOpened);
     })},
    {kServer, "the oldest unconfirmed session makes room", "another greeting comes, and their table is full",
     At<trace::Close>([](const Seen& s, const Scene& c, const trace::Close& e) {
       return MakesRoom(s, c, e, ToldSeen::What::kReceive);
     })},
    {kServer, "no room for a session", "a greeting is refused, since the table of sessions is full",
     At<trace::Close>([](const Seen& s, const Scene& c, const trace::Close& e) {
       const bool same = s.told().client == e.client && s.told().transport == e.transport;
       const bool full = s.census().sessions + s.census().tombstones >= c.plan.server.sessions_max;
       return !c.actor.is_client() && Is(e.error, Error::kTableFull) && same && full;
     })},
    {kServer, "no memory for what is sent", "the server's application may not send, though its session has room",
     At<trace::Send>([](const Seen& s, const Scene& c, const trace::Send& e) {
       const uint64_t held = e.offset + e.accepted - s.end(c, e.client).state.acked;
       return !c.actor.is_client() && e.accepted < e.size && HasLittleMemory(c.plan) &&
              held < c.plan.server.session.replay_bytes_max;
     })},
    {kServer, "no memory for what comes", "a transport is dropped for want of it",
     At<trace::Close>([](const Seen&, const Scene& c, const trace::Close& e) {
       return !c.actor.is_client() && Is(e.error, Error::kMemoryFull);
     })},

    {kMoves, "a session moves live", "it leaves its owner with its transport",
     At<trace::Exported>([](const Seen&, const Scene&, const trace::Exported& e) { return e.live != 0; })},
    {kMoves, "a session moves at rest", "it leaves its owner without one",
     At<trace::Exported>([](const Seen&, const Scene&, const trace::Exported& e) { return e.live == 0; })},
    {kMoves, "a resume meets a session that is away", "the server does not know the locator, for it moved",
     At<trace::Close>([](const Seen& s, const Scene& c, const trace::Close& e) {
       return !c.actor.is_client() && Is(e.error, Error::kUnknownLocator) && s.client(e.client).server.away;
     })},
    {kMoves, "a session moves in mid-resume", "it leaves while an attempt has been answered and not confirmed",
     At<trace::Exported>(
         [](const Seen& s, const Scene&, const trace::Exported& e) { return s.client(e.client).HasAnswered(); })},
    {kMoves, "a session moves to another server in mid-resume", "the answer was one's, and the session is another's",
     At<trace::Imported>([](const Seen& s, const Scene&, const trace::Imported& e) {
       const MoveSeen& move = s.client(e.client).move;
       return move.in_mid_resume && e.server != move.server;
     })},
    {kMoves, "bytes are delivered again after a move", "the next owner does not have what the last was given",
     At<trace::Imported>([](const Seen& s, const Scene&, const trace::Imported& e) {
       return e.live == 0 && e.offset < s.client(e.client).server.state.received;
     })},

    {kTime, "pings keep a silent session alive", "nothing was said for longer than a dead transport is borne",
     At<trace::State>([](const Seen& s, const Scene& c, const trace::State& e) {
       const EndSeen& end = s.end(c, e.client);
       return c.actor.is_client() && s.transport(e.client, e.attached) != nullptr && end.state.attached == e.attached &&
              c.now - end.state_at > OptionsOf(c, e.client, true).dead_transport;
     })},
    {kTime, "a client notices silence", "it gives up a transport over which nothing came",
     At<trace::Suspended>([](const Seen&, const Scene& c, const trace::Suspended& e) {
       return c.actor.is_client() && Is(e.error, Error::kTimedOut);
     })},
    {kTime, "a server notices silence", "likewise the server",
     At<trace::Suspended>([](const Seen&, const Scene& c, const trace::Suspended& e) {
       return !c.actor.is_client() && Is(e.error, Error::kTimedOut);
     })},
    {kTime, "an attempt's time is over", "the client gives up an attempt that nothing answers",
     At<trace::AttemptFailed>(
         [](const Seen&, const Scene&, const trace::AttemptFailed& e) { return Is(e.error, Error::kTimedOut); })},
    {kTime, "the wait between dials is at its longest", "so many have failed in a row",
     At<trace::DialWanted>([](const Seen& s, const Scene& c, const trace::DialWanted& e) {
       const ClientSettings& settings = c.plan.clients[e.client].settings;
       const uint64_t failures = std::min<uint64_t>(s.client(e.client).dials_in_row, 40);
       return Nanoseconds(e.delay_ns) >= settings.backoff_max / 2 && failures > 2 &&
              settings.backoff_first.count() << (failures - 1) >= settings.backoff_max.count();
     })},
};

static_assert(std::size(kSituations) <= kSituationsMax);

// --- By kind -------------------------------------------------------------------------------------------------------

struct ByKind {
  std::array<uint8_t, kTraceKinds.size() + 1> begin = {};
  std::array<uint8_t, std::size(kSituations)> places = {};
};

constexpr ByKind Sorted() {
  ByKind sorted;
  uint8_t at = 0;
  for (size_t kind = 0; kind < kTraceKinds.size(); ++kind) {
    sorted.begin[kind] = at;
    for (size_t i = 0; i < std::size(kSituations); ++i) {
      if (static_cast<size_t>(kSituations[i].watch.kind) == kind) sorted.places[at++] = static_cast<uint8_t>(i);
    }
  }
  sorted.begin[kTraceKinds.size()] = at;
  return sorted;
}

constexpr ByKind kByKind = Sorted();

}  // namespace

std::span<const Situation> Situations() { return kSituations; }

std::span<const uint8_t> SituationsAt(TraceKind kind) {
  const size_t at = static_cast<size_t>(kind);
  return std::span(kByKind.places).subspan(kByKind.begin[at], kByKind.begin[at + 1] - size_t{kByKind.begin[at]});
}

}  // namespace holdfast::sim
