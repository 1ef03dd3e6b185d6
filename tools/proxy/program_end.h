#pragma once

// ProgramEnd: a program that nobody has touched as one end of a session: what the plan's application sends goes into
// its standard input, and what it writes to its standard output is what it delivers. The simulator's own Application
// uses it, and the simulator's oracles see the same events as in a world.

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "net/program.h"
#include "sim/application.h"
#include "tools/proxy/proxy.h"

namespace holdfast::tools {

class ProgramEnd final : private sim::Endpoint {
 public:
  // One end of client 0 of the proxy's plan. Loop and proxy must outlive it.
  ProgramEnd(net::Loop& loop, Proxy& proxy, sim::Side side) : loop_(loop), proxy_(proxy), side_(side) {}
  ProgramEnd(const ProgramEnd&) = delete;

  // `changed` is called after each progress of it, within Proxy::Do: bytes, an end of a stream, its own end. Or says
  // why it could not be started.
  std::expected<void, std::string> Start(const std::string& command, std::function<void()> changed);

  // Its application does what is due. Within Proxy::Do.
  void Pump();

  // The end of its peer's stream is told when that is complete; otherwise only by PeerIsComplete, once it is known that
  // the program did not just fail.
  void PeerMayBeComplete(const ProgramEnd& peer);
  void PeerIsComplete();
  // Both programs have ended well: so the sessions have, and the oracles may compare.
  void Finished();

  bool over() const { return end().has_value() && output_ended_; }  // It has ended, and all its output was read.
  const std::optional<net::ProcessEnd>& end() const { return program_->end(); }
  bool output_ended() const { return output_ended_; }
  bool heard_all() const { return peer_finished_; }
  bool said_all() const { return finished_; }  // Its whole stream, and its end.
  uint64_t taken() const { return taken_; }    // Of its standard input.
  uint64_t delivered() const { return delivered_; }
  const std::string& last_words() const { return program_->last_words(); }
  uint64_t ResidentBytes() const { return program_->ResidentBytes(); }
  sim::Actor actor() const { return side_ == sim::Side::kClient ? sim::Actor::Client(0) : sim::Actor::Server(); }

 private:
  // What the application calls.
  size_t Send(Time now, SessionId session, ByteSpan plaintext, bool early) override;
  void Finish(Time now, SessionId session) override;

  // What it does not, or what a program has no answer to.
  TransportId TransportOpened(Time, const sim::Arrival&) override { return TransportId::kNone; }
  void TransportClosed(Time, TransportId) override {}
  void DialFailed(Time) override {}
  void Receive(Time, TransportId, ByteSpan) override {}
  void SetWritable(Time, TransportId, bool) override {}
  void Judge(Time, SessionId, const PublicKey&, bool) override {}
  void SetClock(Time, WallTime) override {}
  void Consumed(Time, SessionId, uint64_t) override {}
  void Abort(Time, SessionId, uint64_t) override {}
  std::optional<Event> Poll(Time, Entropy&) override { return std::nullopt; }
  Time Deadline() const override { return kNever; }
  void Tick(Time) override {}
  std::optional<SessionView> View(SessionId) const override { return std::nullopt; }
  uint64_t StateDigest() const override { return 0; }
  std::unique_ptr<Endpoint> Fork(const ForkKey&) const override { return nullptr; }

  void WantOutput();
  void ReadOutput();
  void Deliver(ByteSpan bytes);

  net::Loop& loop_;
  Proxy& proxy_;
  sim::Side side_;
  std::unique_ptr<net::Program> program_;
  sim::Application application_;
  std::function<void()> changed_;
  Bytes scratch_;
  Time scheduled_ = kNever;
  uint64_t taken_ = 0;
  uint64_t delivered_ = 0;
  bool finished_ = false;
  bool output_ended_ = false;
  bool peer_finished_ = false;
};

}  // namespace holdfast::tools
