// What buffers may hold, and what happens when that is reached: who gets less, who waits, and who has to go
// (docs/protocol.md 9.2).

#include <algorithm>

#include "core/base/check.h"
#include "core/pool/server_impl.h"

namespace holdfast {

// HF-LIM-7, HF-LIM-8.
bool Server::Impl::Account(Time now, ServerTransport& transport) {
  const size_t held = transport.reader.allocated();
  const TransportId id = transport.id;
  if (transport.stage < Stage::kCandidate && handshakes.Has(id)) {
    handshakes.Hold(id, held);
    while (handshakes.bytes() > config.handshake_bytes_max) {
      const TransportId oldest = handshakes.OldestHolderFor(id);
      Drop(*FindTransport(oldest), Error::kMemoryFull, true);
      if (oldest == id) return false;
    }
    return true;
  }
  const bool more = held > transport.charged;
  memory.Charge(transport.charged, held);
  if (!more || !memory.over() || MakeRoom(now, 0, transport.session)) return true;
  transport.reader.ReleaseIfEmpty();  // What it has read is not worth a transport.
  memory.Charge(transport.charged, transport.reader.allocated());
  if (!memory.over()) return true;
  Drop(transport, Error::kMemoryFull, true);
  return false;
}

void Server::Impl::Account(ServerSession& session) {
  memory.Charge(session.charged, session.core ? session.core->out().allocated() : 0);
  if (!session.core) {
    memory.Forget(session.id);
  } else if (session.overdue != kNever && session.charged > 0) {
    overdue.emplace(session.overdue, session.id);
  }
}

// HF-LIM-8.
size_t Server::Impl::Send(Time now, ServerSession& session, ByteSpan bytes) {
  const SendStream& out = session.core->out();
  const size_t before = out.allocated();
  MakeRoom(now, out.GrowthFor(bytes.size()), session.id);
  const size_t allowance = memory.AllowanceFor(session.id, out.growth_step());
  const size_t accepted = session.core->Send(bytes, allowance);
  Account(session);
  if (out.memory_wanted()) {
    if (out.growth_step() <= allowance - (out.allocated() - before)) memory.Refused();
    memory.Wait(session.id, out.growth_step());
  }
  return accepted;
}

// HF-LIM-9.
bool Server::Impl::MakeRoom(Time now, size_t bytes, SessionId but) {
  for (auto next = overdue.begin(); (memory.over() || memory.left_to_send() < bytes) && next != overdue.end();) {
    ServerSession& session = *FindSession(next->second);
    ++next;
    if (session.id == but) continue;
    if (session.charged > 0) {
      End(now, session, {Cause::kExpired, Origin::kNobody, {}}, Error::kMemoryFull);
    } else {
      overdue.erase({session.overdue, session.id});  // Until it holds something.
    }
  }
  return !memory.over() && memory.left_to_send() >= bytes;
}

// HF-LIV-4.
void Server::Impl::HearFrom(Time now, ServerSession& session) {
  session.last_sign = now;
  if (session.overdue == kNever) return;
  SetOverdue(session, kNever);
  Schedule(session);
}

void Server::Impl::SetOverdue(ServerSession& session, Time since) {
  if (session.overdue != kNever) overdue.erase({session.overdue, session.id});
  session.overdue = since;
  if (since != kNever) overdue.emplace(since, session.id);
}

// One at a time: whoever is told may take what there is before the next is looked at.
std::optional<Event> Server::Impl::ServeWaiting() {
  while (std::optional<SessionId> id = memory.TakeServed()) {
    ServerSession* session = FindOpen(*id);
    if (session != nullptr && session->core->TakeMemoryNotice()) {
      return Event{*id, TransportId::kNone, event::SpaceAvailable{}};
    }
  }
  return std::nullopt;
}

}  // namespace holdfast
