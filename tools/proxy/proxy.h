#pragma once

// Proxy: the network of a plan between real sockets. It is the simulator's own network, driven by the clock on the
// wall: what a plan says of links and dials means here what it means there, to the byte. When the programs say their
// bytes is theirs, so no two runs are alike. The plan begins with the first dial.
//
// What cannot be the same: the system has accepted a connection before the proxy hears of it. So a dial that the plan
// refuses is accepted and reset, and one that hangs, or is slow, is accepted and silent.

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/tcp.h"
#include "sim/network.h"
#include "sim/stage.h"
#include "tools/proxy/plan_clock.h"
#include "tools/proxy/proxied_link.h"

namespace holdfast::tools {

struct ProxyOptions {
  net::TcpAddress to;  // The server.
  uint64_t speed = 1;  // The plan's time passes so many times as fast as the wall's.
  // The plan begins without a dial, if none has come for so long, by the wall's clock.
  Duration begin_after = Duration::max();
  // A server that refuses connections is waited for until it has accepted one.
  bool waits_for_server = false;
  bool keep_trace = false;  // See Stage::trace: as long as nobody forgets it, it grows.
};

class Proxy {
 public:
  // The plan must be fitted. The loop must outlive the proxy.
  Proxy(net::Loop& loop, const sim::Plan& plan, const ProxyOptions& options);
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // Listens for the dials of a client of the plan; see TcpListener. Once for each client at most.
  std::expected<net::TcpAddress, std::string> Listen(uint32_t client, const net::TcpAddress& address);

  // What comes from outside: all that is due by now happens first, then `act`. Whoever touches the stage does so in
  // here.
  void Do(const std::function<void()>& act);

  // The plan's applications are not the proxy's: it says when one asked to be called (Happening::kClientApp and
  // kServerApp).
  void OnApplication(std::function<void(sim::Side)> act) { on_application_ = std::move(act); }

  sim::Stage& stage() { return stage_; }
  const sim::Stage& stage() const { return stage_; }

 private:
  void Begin();
  void Happen(const sim::Scheduled& next);
  void Accepted(uint32_t client, std::unique_ptr<net::Stream> stream);
  void OnConnect(uint32_t link);
  void OnAccept(uint32_t link);
  void DialServer(uint32_t link);
  void Dialed(uint32_t link, net::TcpDial::Result result);
  void StrikeFault(uint32_t fault, uint32_t link);
  void Heal();

  void WantRead(uint32_t link, sim::Side side);
  void Read(uint32_t link, sim::Side side);
  void Take(uint32_t link, sim::Side side, ByteSpan bytes);
  void TakeBacklog(uint32_t link, sim::Side side);
  void SaidAll(uint32_t link, sim::Side side);
  void Broken(uint32_t link, sim::Side side);
  void Discard(uint32_t link, sim::Side side);

  void Arrive(uint32_t link, sim::Direction direction);
  void Give(uint32_t link, sim::Side side, ByteSpan bytes);
  void Flush(uint32_t link, sim::Side side);
  void Learn(uint32_t link, sim::Side side);
  void Learned(uint32_t link, sim::Side side);
  void Finish(uint32_t link, sim::Side side);
  void Drop(uint32_t link, sim::Side side);

  ProxiedEnd& At(uint32_t link, sim::Side side);
  sim::Actor ActorAt(uint32_t link, sim::Side side) const;

  net::Loop& loop_;
  ProxyOptions options_;
  PlanClock clock_;
  sim::Stage stage_;
  sim::Network network_;
  std::vector<std::unique_ptr<net::TcpListener>> listeners_;
  std::vector<std::unique_ptr<ProxiedLink>> links_;  // By link.
  net::Timer timer_;
  net::Timer begin_;
  std::function<void(sim::Side)> on_application_;
  bool server_was_there_ = false;
};

}  // namespace holdfast::tools
