#include "sim/plan_options.h"

#include <algorithm>
#include <array>

namespace holdfast::sim {
namespace {

using std::chrono::milliseconds;

// --- Whether any part of a plan is so ------------------------------------------------------------------------------

bool AnyClient(const Plan& plan, auto is) { return std::ranges::any_of(plan.clients, is); }
bool AnyPath(const Plan& plan, auto is) { return std::ranges::any_of(plan.paths, is, &PathRule::path); }
bool AnyAbort(const Plan& plan, auto is) { return std::ranges::any_of(plan.aborts, is); }
bool AnyFault(const Plan& plan, auto is) { return std::ranges::any_of(plan.faults, is); }
bool AnyDeath(const Plan& plan, auto is) {
  return AnyFault(plan, [&is](const Fault& fault) { return IsDeath(fault.kind) && is(fault); });
}
bool AnyStream(const Plan& plan, auto is) {
  return AnyClient(plan, [&is](const ClientPlan& client) { return is(client.up) || is(client.down); });
}
bool AnySession(const Plan& plan, auto is) {
  return is(plan.server.session) ||
         AnyClient(plan, [&is](const ClientPlan& client) { return is(client.settings.session); });
}

// Whether a field differs from its default in any part that has it.
template <typename T, auto kMember>
constexpr bool Differs(const T& part) {
  static constexpr T kStandard;
  return part.*kMember != kStandard.*kMember;
}
template <auto kMember>
bool OfStream(const Plan& plan) {
  return AnyStream(plan, Differs<Stream, kMember>);
}
template <auto kMember>
bool OfSession(const Plan& plan) {
  return AnySession(plan, Differs<SessionOptions, kMember>);
}
template <auto kMember>
bool OfClient(const Plan& plan) {
  return AnyClient(plan, [](const ClientPlan& client) { return Differs<ClientSettings, kMember>(client.settings); });
}
template <auto kMember>
bool OfClientPlan(const Plan& plan) {
  return AnyClient(plan, Differs<ClientPlan, kMember>);
}
template <Known kKnown>
bool NetworkKeyIs(const Plan& plan) {
  return plan.server.network_key &&
         AnyClient(plan, [](const ClientPlan& c) { return c.settings.network_key == kKnown; });
}
template <bool kStatic>
bool EntersPrivately(const Plan& plan) {
  return plan.server.network_key && AnyClient(plan, [](const ClientPlan& c) {
           return c.settings.network_key == Known::kRight && c.settings.static_key == kStatic;
         });
}
template <Side kSide>
bool HasClock(const Plan& plan) {
  return std::ranges::any_of(plan.clocks, [](const ClockRule& rule) { return rule.of == kSide; });
}
template <auto kMember>
bool OfServer(const Plan& plan) {
  return Differs<ServerSettings, kMember>(plan.server);
}
template <auto kMember>
bool OfPath(const Plan& plan) {
  return AnyPath(plan, Differs<Path, kMember>);
}
template <Segments kSegments>
bool Cuts(const Plan& plan) {
  return AnyPath(plan, [](const Path& path) { return path.segments == kSegments; });
}
template <FaultKind kKind>
bool Has(const Plan& plan) {
  return AnyFault(plan, [](const Fault& fault) { return fault.kind == kKind; });
}
template <Tampering kHow>
bool Tampers(const Plan& plan) {
  return AnyFault(plan, [](const Fault& fault) { return fault.kind == FaultKind::kTamper && fault.how == kHow; });
}
// Whether he says something, and where he has it from.
bool Says(const Fault& fault, Forging with) {
  if (!IsAdversary(fault.kind) || fault.with != with) return false;
  return fault.kind != FaultKind::kTamper || fault.how == Tampering::kInsert || fault.how == Tampering::kReplace;
}
template <Suite kSuite>
bool Asks(const Plan& plan) {
  return AnyClient(plan, [](const ClientPlan& client) { return client.settings.suite == kSuite; });
}
template <Side kSide>
bool Aborts(const Plan& plan) {
  return AnyAbort(plan, [](const Abort& abort) { return abort.by == kSide; });
}

// The handshakes of a transport lie within so many bytes.
constexpr uint64_t kHandshakeBytes = 134;
constexpr uint64_t kMiB = 1 << 20;

Duration SlowestRoundTrip(const Plan& plan) {
  Duration longest = {};
  for (const PathRule& rule : plan.paths) longest = std::max(longest, rule.path.latency);
  return 2 * longest;
}

bool HasSlowPeer(const Plan& plan) {
  if (plan.clients.size() < 2) return false;
  for (uint32_t slow = 0; slow < plan.clients.size(); ++slow) {
    const auto latency = [&plan](uint32_t client) {
      return std::max(PathOf(plan, client, 0, Direction::kUp).latency,
                      PathOf(plan, client, 0, Direction::kDown).latency);
    };
    if (latency(slow) < milliseconds(100)) continue;
    bool alone = true;
    for (uint32_t i = 0; alone && i < plan.clients.size(); ++i) alone = i == slow || latency(i) <= milliseconds(5);
    return alone;
  }
  return false;
}

bool IsBlow(const Fault& fault) {
  return fault.client == kEveryClient && (IsDeath(fault.kind) || fault.kind == FaultKind::kStall);
}
template <Saved kSaved>
bool RestartsWith(const Plan& plan) {
  return AnyFault(plan, [](const Fault& f) { return f.kind == FaultKind::kRestart && f.state == kSaved; });
}
template <Side kSide>
bool IsScarceAt(const Plan& plan) {
  return AnyFault(plan, [](const Fault& f) { return f.kind == FaultKind::kScarce && f.by == kSide; });
}
template <Side kSide, bool kForwards>
bool Steps(const Plan& plan) {
  for (const ClockRule& a : plan.clocks) {
    for (const ClockRule& b : plan.clocks) {
      const bool same = a.of == kSide && b.of == kSide && (kSide == Side::kServer || a.client == b.client);
      if (same && a.at < b.at && (kForwards ? a.offset < b.offset : a.offset > b.offset)) return true;
    }
  }
  return false;
}

// --- The table -----------------------------------------------------------------------------------------------------

constexpr std::string_view kApplications = "what the applications do";
constexpr std::string_view kSessions = "how sessions are set";
constexpr std::string_view kTimers = "how long endpoints wait";
constexpr std::string_view kTables = "what a server has room for";
constexpr std::string_view kKeys = "who talks to whom";
constexpr std::string_view kNetwork = "what the network is like";
constexpr std::string_view kDeaths = "how transports die";
constexpr std::string_view kAdversary = "what an adversary does";
constexpr std::string_view kTroubles = "what else goes wrong";

constexpr PlanOption kOptions[] = {
    {kApplications, "relays", "plan.workload", "the applications are connected through relays at both ends, by SOCKS5",
     [](const Plan& plan) { return plan.workload == Workload::kRelay; }},
    {kApplications, "several clients", "path.client abort.client fault.client", "two or more clients share the server",
     [](const Plan& plan) { return plan.clients.size() > 1; }},
    {kApplications, "a crowd", "path.client", "eight clients or more share the server",
     [](const Plan& plan) { return plan.clients.size() >= 8; }},
    {kApplications, "a late start", "client.start", "a client begins some time after the others",
     [](const Plan& plan) { return AnyClient(plan, [](const ClientPlan& c) { return c.start > Duration{}; }); }},
    {kApplications, "nothing to send", "stream.bytes", "a stream is empty",
     [](const Plan& plan) { return AnyStream(plan, [](const Stream& s) { return s.bytes == 0; }); }},
    {kApplications, "a megabyte or more", "stream.bytes", "a stream has a mebibyte at least",
     [](const Plan& plan) { return AnyStream(plan, [](const Stream& s) { return s.bytes >= kMiB; }); }},
    {kApplications, "small chunks", "stream.chunk", "an application gives less than 100 bytes at a time",
     [](const Plan& plan) { return AnyStream(plan, [](const Stream& s) { return s.chunk < 100; }); }},
    {kApplications, "pauses", "stream.think", "an application waits between its chunks", OfStream<&Stream::think>},
    {kApplications, "a delayed first byte", "stream.start_delay", "an application waits before it sends",
     OfStream<&Stream::start_delay>},
    {kApplications, "a delayed end", "stream.finish_delay", "an application waits before it finishes",
     OfStream<&Stream::finish_delay>},
    {kApplications, "a vigil", "stream.finish_delay",
     "a session is kept waiting till long after the heal, with nothing to say",
     [](const Plan& plan) { return AnyStream(plan, [&](const Stream& s) { return s.finish_delay > plan.heal; }); }},
    {kApplications, "the server speaks first", "stream.start",
     "the client waits for the server's first byte, or its end",
     [](const Plan& plan) {
       return AnyClient(plan, [](const ClientPlan& c) { return c.up.start == StartRule::kAfterPeer; });
     }},
    {kApplications, "the client speaks first", "stream.start",
     "the server waits for the client's first byte, or its end",
     [](const Plan& plan) {
       return AnyClient(plan, [](const ClientPlan& c) { return c.down.start == StartRule::kAfterPeer; });
     }},
    {kApplications, "the server finishes first", "stream.finish", "the client finishes after it has had everything",
     [](const Plan& plan) {
       return AnyClient(plan, [](const ClientPlan& c) { return c.up.finish == FinishRule::kAfterPeer; });
     }},
    {kApplications, "the client finishes first", "stream.finish", "the server finishes after it has had everything",
     [](const Plan& plan) {
       return AnyClient(plan, [](const ClientPlan& c) { return c.down.finish == FinishRule::kAfterPeer; });
     }},
    {kApplications, "the client aborts", "abort.by abort.code", "a client's application gives up",
     Aborts<Side::kClient>},
    {kApplications, "the server aborts", "abort.by abort.code", "the server's application gives a session up",
     Aborts<Side::kServer>},
    {kApplications, "an abort at a time", "abort.at", "an application gives up so long after the start",
     [](const Plan& plan) { return AnyAbort(plan, [](const Abort& a) { return a.at != kNeverAfter; }); }},
    {kApplications, "an abort while sending", "abort.sent", "an application gives up when it has sent so much",
     [](const Plan& plan) { return AnyAbort(plan, [](const Abort& a) { return a.sent != kAll; }); }},
    {kApplications, "an abort while receiving", "abort.delivered", "an application gives up when it was given so much",
     [](const Plan& plan) { return AnyAbort(plan, [](const Abort& a) { return a.delivered != kAll; }); }},

    {kApplications, "consumption that is said", "session.explicit_consume",
     "an end's application says what it has consumed", OfSession<&SessionOptions::explicit_consume>},
    {kApplications, "consumption that lags", "stream.consume_delay", "such an application takes its time",
     OfStream<&Stream::consume_delay>},
    {kApplications, "consumption in pieces", "stream.consume_chunk", "such an application consumes piece by piece",
     OfStream<&Stream::consume_chunk>},
    {kApplications, "early sends", "stream.early", "a client's application lets its bytes ride in messages 1",
     OfStream<&Stream::early>},
    {kApplications, "early sends in parts", "stream.early_every", "likewise, but only every second or third chunk",
     OfStream<&Stream::early_every>},

    {kSessions, "early data", "session.early_bytes_max stream.early",
     "a client may send early data, and the server takes them",
     [](const Plan& plan) {
       return plan.server.session.early_bytes_max > 0 &&
              AnyClient(plan, [](const ClientPlan& c) { return c.up.early && c.settings.session.early_bytes_max > 0; });
     }},
    {kSessions, "early data that are not taken", "session.early_bytes_max",
     "a client may send early data, but the server does not take them",
     [](const Plan& plan) {
       return plan.server.session.early_bytes_max == 0 &&
              AnyClient(plan, [](const ClientPlan& c) { return c.up.early && c.settings.session.early_bytes_max > 0; });
     }},
    {kSessions, "ChaCha20-Poly1305", "client.suite", "a client asks for suite 1", Asks<Suite::kChaChaPoly>},
    {kSessions, "AES-256-GCM", "client.suite", "a client asks for suite 2", Asks<Suite::kAesGcm>},
    {kSessions, "a small replay buffer", "session.replay_bytes_max", "an end keeps less than a mebibyte for replay",
     OfSession<&SessionOptions::replay_bytes_max>},
    {kSessions, "a small receive window", "session.receive_window", "an end gives less than a mebibyte of credit",
     OfSession<&SessionOptions::receive_window>},
    {kSessions, "eager acknowledgements", "session.ack_bytes_max", "an end acknowledges after fewer bytes than usual",
     OfSession<&SessionOptions::ack_bytes_max>},
    {kSessions, "another wait for acknowledgements", "session.ack_delay",
     "an end lets its acknowledgements wait for more, or for less, than usual", OfSession<&SessionOptions::ack_delay>},
    {kSessions, "small records", "session.data_bytes_max", "an end's records carry another number of bytes at most",
     OfSession<&SessionOptions::data_bytes_max>},
    {kSessions, "small first records", "session.data_bytes_first", "likewise the first records of a transport",
     OfSession<&SessionOptions::data_bytes_first>},
    {kSessions, "many rekeys", "session.rekey_interval", "keys change after 64 records at most",
     OfSession<&SessionOptions::rekey_interval>},

    {kTimers, "early pings", "session.ping_idle", "an end asks for a sign of life early",
     OfSession<&SessionOptions::ping_idle>},
    {kTimers, "early deaths", "session.dead_transport", "an end gives a silent transport up early",
     OfSession<&SessionOptions::dead_transport>},
    {kTimers, "a short linger", "session.linger", "an end waits little for the peer's close",
     OfSession<&SessionOptions::linger>},
    {kTimers, "early attempt timeouts", "client.attempt_timeout_first client.attempt_timeout_max",
     "a client gives an attempt up early", OfClient<&ClientSettings::attempt_timeout_first>},
    {kTimers, "another backoff", "client.backoff_first client.backoff_max",
     "a client waits shorter, or longer, between its dials", OfClient<&ClientSettings::backoff_first>},
    {kTimers, "a short hold time", "client.hold", "a session is given up within a minute of silence",
     [](const Plan& plan) {
       return AnyClient(plan, [](const ClientPlan& c) { return c.settings.hold <= milliseconds(60000); });
     }},
    {kTimers, "a hold time cut down", "server.hold_max", "the server grants less than it might be asked for",
     OfServer<&ServerSettings::hold_max>},
    {kTimers, "a short handshake time", "server.handshake_time", "the server waits little for message 1",
     OfServer<&ServerSettings::handshake_time>},
    {kTimers, "a short candidate time", "server.candidate_time", "the server waits little for a first record",
     OfServer<&ServerSettings::candidate_time>},
    {kTimers, "a short embryo time", "server.embryo_time", "the server forgets unconfirmed sessions early",
     OfServer<&ServerSettings::embryo_time>},
    {kTimers, "hopeless timers", "client.attempt_timeout_first",
     "a client gives attempts up in less than a round trip, so nothing works before the heal",
     [](const Plan& plan) {
       return AnyClient(plan, [trip = SlowestRoundTrip(plan)](const ClientPlan& c) {
         return c.settings.attempt_timeout_first < trip;
       });
     }},
    {kTimers, "spurious ticks", "plan.spurious_ticks", "hosts wake their endpoints also when nothing is due",
     [](const Plan& plan) { return plan.spurious_ticks; }},

    {kTables, "few handshakes", "server.handshakes_max",
     "the server has room for one to four transports before message 1", OfServer<&ServerSettings::handshakes_max>},
    {kTables, "few embryos", "server.embryos_max", "the server has room for one to four unconfirmed sessions",
     OfServer<&ServerSettings::embryos_max>},
    {kTables, "few sessions", "server.sessions_max", "the server has room for few sessions",
     OfServer<&ServerSettings::sessions_max>},
    {kTables, "sources", "client.source", "not all clients come from one source", OfClientPlan<&ClientPlan::source>},
    {kTables, "few handshakes of a source", "server.handshakes_per_source_max",
     "a source may have one to four transports before message 1", OfServer<&ServerSettings::handshakes_per_source_max>},
    {kTables, "few embryos of a source", "server.embryos_per_source_max",
     "a source may have one to four unconfirmed sessions", OfServer<&ServerSettings::embryos_per_source_max>},
    {kTables, "few bytes of handshakes", "server.handshake_bytes_max",
     "the server holds few bytes of messages 1 that came in part", OfServer<&ServerSettings::handshake_bytes_max>},
    {kTables, "little memory", "server.memory_max", "the buffers of all sessions share little memory",
     OfServer<&ServerSettings::memory_max>},

    {kKeys, "XX", "client.static_key", "a client proves a key of its own", OfClient<&ClientSettings::static_key>},
    {kKeys, "no NX", "server.offer_nx", "the server wants a key of every client", OfServer<&ServerSettings::offer_nx>},
    {kKeys, "no XX", "server.offer_xx", "the server takes no client's key", OfServer<&ServerSettings::offer_xx>},
    {kKeys, "a late verdict on a client", "client.verdict_delay client.static_key",
     "the server's application takes its time over a client's key",
     [](const Plan& plan) {
       return AnyClient(plan,
                        [](const ClientPlan& c) { return c.settings.static_key && c.verdict_delay > Duration{}; });
     }},
    {kKeys, "a client refused", "client.refuse client.static_key", "the server's application refuses a client's key",
     [](const Plan& plan) {
       return AnyClient(plan, [](const ClientPlan& c) { return c.settings.static_key && c.refuse; });
     }},
    {kKeys, "an unknown server", "client.server_key", "a client asks its application about the server's key",
     [](const Plan& plan) {
       return AnyClient(plan, [](const ClientPlan& c) { return c.settings.server_key == Known::kNothing; });
     }},
    {kKeys, "a late verdict on the server", "client.trust_delay", "such an application takes its time",
     [](const Plan& plan) {
       return AnyClient(plan, [](const ClientPlan& c) {
         return c.settings.server_key == Known::kNothing && c.trust_delay > Duration{};
       });
     }},
    {kKeys, "a server refused", "client.distrust", "such an application refuses the server's key",
     OfClientPlan<&ClientPlan::distrust>},
    {kKeys, "the wrong server", "client.server_key", "a client knows another key under the server's name",
     [](const Plan& plan) {
       return AnyClient(plan, [](const ClientPlan& c) { return c.settings.server_key == Known::kWrong; });
     }},
    {kKeys, "a client that is not let in", "client.network_key server.offer_nx server.offer_xx",
     "a client asks for what the server does not offer, or is no member, or its clock is wrong for ever",
     [](const Plan& plan) {
       for (uint32_t i = 0; i < plan.clients.size(); ++i) {
         if (!MayEnter(plan, i)) return true;
       }
       return false;
     }},
    {kKeys, "a private network, NX", "server.network_key client.network_key",
     "an anonymous member of the server's private network", EntersPrivately<false>},
    {kKeys, "a private network, XX", "server.network_key client.network_key", "a member that proves a key of its own",
     EntersPrivately<true>},
    {kKeys, "no network key", "client.network_key", "a client without the key of the server's private network",
     NetworkKeyIs<Known::kNothing>},
    {kKeys, "another network key", "client.network_key",
     "a client with another key than that of the server's private network", NetworkKeyIs<Known::kWrong>},
    {kKeys, "a server with a clock", "clock.of clock.offset", "a private network's server refuses old greetings",
     HasClock<Side::kServer>},
    {kKeys, "a client with a clock", "clock.of clock.client clock.offset", "a client stamps its greetings",
     HasClock<Side::kClient>},
    {kKeys, "a clock that is set late", "clock.at", "a clock is set, or stepped, during the run",
     [](const Plan& plan) {
       return std::ranges::any_of(plan.clocks, [](const ClockRule& rule) { return rule.at > Duration{}; });
     }},
    {kKeys, "a clock that is wrong", "clock.offset server.clock_window",
     "a clock is off by more than the window, if only at first",
     [](const Plan& plan) {
       return std::ranges::any_of(plan.clocks, [&plan](const ClockRule& rule) {
         return std::chrono::abs(rule.offset) > plan.server.clock_window;
       });
     }},
    {kKeys, "another window", "server.clock_window", "two clocks may be further apart, or less, than usual",
     OfServer<&ServerSettings::clock_window>},
    {kKeys, "few greetings remembered", "server.replays_max", "the server remembers one to four greetings",
     OfServer<&ServerSettings::replays_max>},

    {kNetwork, "a long way", "path.latency", "a path takes 100 ms or more",
     [](const Plan& plan) { return AnyPath(plan, [](const Path& p) { return p.latency >= milliseconds(100); }); }},
    {kNetwork, "jitter", "path.jitter", "a path's segments take longer by chance", OfPath<&Path::jitter>},
    {kNetwork, "a narrow path", "path.bandwidth", "a path carries so many bytes a second", OfPath<&Path::bandwidth>},
    {kNetwork, "little room", "path.capacity", "a path takes writes in part", OfPath<&Path::capacity>},
    {kNetwork, "pieces of any size", "path.segments path.segment_bytes", "a path cuts what is written at random",
     Cuts<Segments::kRandom>},
    {kNetwork, "byte by byte", "path.segments", "a path delivers single bytes", Cuts<Segments::kOneByte>},
    {kNetwork, "all at once", "path.segments path.window", "a path delivers together what arrives about the same time",
     Cuts<Segments::kCoalesced>},
    {kNetwork, "whole writes", "path.segments", "no path cuts anything",
     [](const Plan& plan) { return !AnyPath(plan, [](const Path& p) { return p.segments != Segments::kWhole; }); }},
    {kNetwork, "paths that change", "path.transport path.of", "a later transport has another path",
     [](const Plan& plan) {
       return std::ranges::any_of(plan.paths, [](const PathRule& r) { return r.transport != kEveryTransport; });
     }},
    {kNetwork, "a slow peer", "path.client path.latency",
     "one client is far away on every transport, and all others are near", HasSlowPeer},
    {kNetwork, "an early heal", "plan.heal", "the network is made good within two seconds",
     [](const Plan& plan) { return plan.heal <= milliseconds(2000); }},

    {kDeaths, "by FIN", "fault.kind", "a transport ends in order", Has<FaultKind::kFin>},
    {kDeaths, "by RST", "fault.kind", "a transport breaks", Has<FaultKind::kReset>},
    {kDeaths, "by silence", "fault.kind", "a transport swallows everything, and nobody is told",
     Has<FaultKind::kSilence>},
    {kDeaths, "of a byte going up", "fault.byte fault.transport fault.of",
     "a transport dies where the client would write a certain byte",
     [](const Plan& plan) {
       return AnyDeath(plan, [](const Fault& f) { return f.byte != kAll && f.direction == Direction::kUp; });
     }},
    {kDeaths, "of a byte going down", "fault.byte fault.transport fault.of", "likewise the server",
     [](const Plan& plan) {
       return AnyDeath(plan, [](const Fault& f) { return f.byte != kAll && f.direction == Direction::kDown; });
     }},
    {kDeaths, "inside a handshake", "fault.byte", "a transport dies at a byte of a handshake",
     [](const Plan& plan) { return AnyDeath(plan, [](const Fault& f) { return f.byte < kHandshakeBytes; }); }},
    {kDeaths, "inside the data", "fault.byte", "a transport dies far behind its handshakes",
     [](const Plan& plan) {
       return AnyDeath(plan, [](const Fault& f) { return f.byte != kAll && f.byte >= 8 * kHandshakeBytes; });
     }},
    {kDeaths, "of age", "fault.age", "a transport dies so long after it was opened",
     [](const Plan& plan) { return AnyDeath(plan, [](const Fault& f) { return f.age != kNeverAfter; }); }},
    {kDeaths, "at a time", "fault.at", "whatever transport there is dies so long after the start",
     [](const Plan& plan) { return AnyDeath(plan, [](const Fault& f) { return f.at != kNeverAfter; }); }},
    {kDeaths, "a client that learns late", "fault.client_learns", "the client hears of a FIN or RST later, or never",
     [](const Plan& plan) {
       return AnyDeath(plan, [](const Fault& f) { return f.client_learns != FaultOf(f.kind).client_learns; });
     }},
    {kDeaths, "a server that learns late", "fault.server_learns", "the server hears of a FIN or RST later, or never",
     [](const Plan& plan) {
       return AnyDeath(plan, [](const Fault& f) { return f.server_learns != FaultOf(f.kind).server_learns; });
     }},
    {kDeaths, "bytes lost going up", "fault.keep_up", "some of what the client had written never arrives",
     [](const Plan& plan) { return AnyDeath(plan, [](const Fault& f) { return f.keep_up != kAll; }); }},
    {kDeaths, "bytes lost going down", "fault.keep_down", "some of what the server had written never arrives",
     [](const Plan& plan) { return AnyDeath(plan, [](const Fault& f) { return f.keep_down != kAll; }); }},
    {kDeaths, "late bytes", "fault.late", "what still arrives of a dead transport arrives later",
     [](const Plan& plan) { return AnyDeath(plan, [](const Fault& f) { return f.late > Duration{}; }); }},

    {kTroubles, "a stall", "fault.kind fault.lasting", "nothing arrives for a while, then all of it does",
     Has<FaultKind::kStall>},
    {kTroubles, "a stall both ways", "fault.both_directions", "likewise in both directions",
     [](const Plan& plan) { return AnyFault(plan, [](const Fault& f) { return f.both_directions; }); }},
    {kTroubles, "a refused dial", "fault.kind fault.dial", "a dial fails", Has<FaultKind::kRefuse>},
    {kTroubles, "a hanging dial", "fault.kind fault.dial", "a dial never comes to anything", Has<FaultKind::kHang>},
    {kTroubles, "a ghost", "fault.kind fault.dial", "likewise, but the server has a transport on which nothing comes",
     Has<FaultKind::kGhost>},
    {kTroubles, "a slow dial", "fault.kind fault.dial fault.lasting", "a dial takes long", Has<FaultKind::kSlow>},
    {kTroubles, "a move at rest", "fault.kind fault.lasting",
     "a session goes to another owner, and leaves its transport behind",
     [](const Plan& plan) {
       return AnyFault(plan, [](const Fault& f) { return f.kind == FaultKind::kMove && !f.live; });
     }},
    {kTroubles, "a live move", "fault.kind fault.live", "likewise with its transport",
     [](const Plan& plan) { return AnyFault(plan, [](const Fault& f) { return f.live; }); }},
    {kTroubles, "a move to another server", "server.servers fault.to",
     "it goes to one that has never heard of it, and the client after it",
     [](const Plan& plan) {
       return plan.server.servers > 1 && AnyFault(plan, [](const Fault& f) { return f.to > 0; });
     }},
    {kTroubles, "a probe", "fault.kind", "a client opens another transport although it has one that works",
     Has<FaultKind::kProbe>},
    {kTroubles, "a blow to all", "fault.client fault.at", "the transports of all clients die, or stall, at once",
     [](const Plan& plan) { return AnyFault(plan, IsBlow); }},
    {kTroubles, "a burst", "fault.client fault.at", "several such blows within three seconds",
     [](const Plan& plan) {
       return AnyFault(plan, [&plan](const Fault& a) {
         return IsBlow(a) && AnyFault(plan, [&a](const Fault& b) {
                  return IsBlow(b) && b.at > a.at && b.at - a.at < milliseconds(3000);
                });
       });
     }},
    {kTroubles, "an outage", "fault.client fault.at fault.lasting", "for a while all dials are refused, or hang",
     [](const Plan& plan) {
       return AnyFault(plan, [](const Fault& f) { return IsOfDial(f.kind) && f.at != kNeverAfter; });
     }},
    {kTroubles, "a restart with state", "fault.state fault.lasting fault.at",
     "the server goes down, and comes up again with the sessions that it had", RestartsWith<Saved::kKept>},
    {kTroubles, "a restart without state", "fault.state fault.lasting fault.at",
     "the server goes down, and comes up again as one that knows nobody", RestartsWith<Saved::kLost>},
    {kTroubles, "a restart in silence", "fault.client_learns", "likewise, and no client is told that it is gone",
     [](const Plan& plan) {
       return AnyFault(plan,
                       [](const Fault& f) { return f.kind == FaultKind::kRestart && f.client_learns == kNeverAfter; });
     }},
    {kTroubles, "a client short of memory", "fault.by fault.largest fault.lasting",
     "a client finds no large block of memory for a while", IsScarceAt<Side::kClient>},
    {kTroubles, "a server short of memory", "fault.by fault.largest fault.lasting", "likewise the server",
     IsScarceAt<Side::kServer>},
    {kTroubles, "a server's clock stepped forwards", "clock.at clock.offset",
     "the clock of a private network's server is put on in mid-run", Steps<Side::kServer, true>},
    {kTroubles, "a server's clock stepped backwards", "clock.at clock.offset", "likewise back",
     Steps<Side::kServer, false>},
    {kTroubles, "a client's clock stepped forwards", "clock.at clock.offset", "a client's clock is put on in mid-run",
     Steps<Side::kClient, true>},
    {kTroubles, "a client's clock stepped backwards", "clock.at clock.offset", "likewise back",
     Steps<Side::kClient, false>},

    {kAdversary, "a flipped bit", "fault.kind fault.how fault.bit", "one bit of a transport arrives as another",
     Tampers<Tampering::kFlip>},
    {kAdversary, "bytes left out", "fault.kind fault.how fault.size", "some of what was written never arrives",
     Tampers<Tampering::kOmit>},
    {kAdversary, "bytes put in", "fault.kind fault.how fault.size", "others arrive between what was written",
     Tampers<Tampering::kInsert>},
    {kAdversary, "bytes exchanged", "fault.kind fault.how fault.size", "others arrive in place of what was written",
     Tampers<Tampering::kReplace>},
    {kAdversary, "a certain message", "fault.message", "where the bytes are changed is counted in messages",
     [](const Plan& plan) { return AnyFault(plan, [](const Fault& f) { return f.message != kAll; }); }},
    {kAdversary, "recorded bytes", "fault.with fault.from_transport fault.from_message fault.from_byte",
     "he says what was written before, on this transport or another",
     [](const Plan& plan) { return AnyFault(plan, [](const Fault& f) { return Says(f, Forging::kRecorded); }); }},
    {kAdversary, "the other direction's bytes", "fault.from_direction", "what one side wrote is said to that side",
     [](const Plan& plan) {
       return AnyFault(plan, [](const Fault& f) {
         const bool up = f.kind == FaultKind::kIntrude ||
                         (f.kind == FaultKind::kTamper && f.direction == Direction::kUp);
         return Says(f, Forging::kRecorded) && (f.from_direction == Direction::kUp) != up;
       });
     }},
    {kAdversary, "another session's bytes", "fault.from_client", "what was written in one session is said in another",
     [](const Plan& plan) {
       return AnyFault(plan, [](const Fault& f) { return Says(f, Forging::kRecorded) && f.from_client != f.client; });
     }},
    {kAdversary, "noise", "fault.with", "he says what nobody wrote",
     [](const Plan& plan) { return AnyFault(plan, [](const Fault& f) { return Says(f, Forging::kNoise); }); }},
    {kAdversary, "noise in a frame", "fault.with", "likewise, behind the length of a record",
     [](const Plan& plan) { return AnyFault(plan, [](const Fault& f) { return Says(f, Forging::kFramed); }); }},
    {kAdversary, "an intruder", "fault.kind", "he opens a transport to the server himself", Has<FaultKind::kIntrude>},
    {kAdversary, "an intruder that closes", "fault.lasting", "and closes it after a while",
     [](const Plan& plan) {
       return AnyFault(plan, [](const Fault& f) { return f.kind == FaultKind::kIntrude && f.lasting != kNeverAfter; });
     }},
    {kAdversary, "an impostor", "fault.kind fault.dial", "he takes a dial in the server's place",
     Has<FaultKind::kImpostor>},
    {kAdversary, "a mirror", "fault.with", "and says what he is told",
     [](const Plan& plan) { return AnyFault(plan, [](const Fault& f) { return Says(f, Forging::kReflected); }); }},
    {kAdversary, "a slow tongue", "fault.pace", "he says it byte by byte",
     [](const Plan& plan) { return AnyFault(plan, [](const Fault& f) { return f.pace > Duration{}; }); }},
};

static_assert(std::size(kOptions) <= kPlanOptionsMax);

}  // namespace

std::span<const PlanOption> PlanOptions() { return kOptions; }

OptionSet OptionsOf(const Plan& plan) {
  OptionSet set;
  for (size_t i = 0; i < std::size(kOptions); ++i) set[i] = kOptions[i].chosen(plan);
  return set;
}

void OptionCounts::Add(const OptionSet& chosen) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += chosen[i];
}

}  // namespace holdfast::sim
