#pragma once

// LockstepProtocol: a protocol in another program, in any language, in lock step: a line of JSON out for each verb, and
// one back with all that follows. docs/lockstep.md has every message. How lines travel is somebody else's: the
// simulator makes no system calls.

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "sim/endpoint.h"

namespace holdfast::sim {

// The other side of the lines.
class LineExchange {
 public:
  virtual ~LineExchange() = default;
  // Says `line`, which has no newline, and waits for the line that answers it. Or why there is none, in words that
  // follow "the endpoint of client0"; nothing is asked after that. It must come back, however long the other side
  // takes.
  virtual std::expected<std::string, std::string> Ask(const std::string& line) = 0;
};

// Starts another one, or says why not. Called by one thread at a time.
using LineExchangeFactory = std::function<std::expected<std::unique_ptr<LineExchange>, std::string>()>;

// An end has an exchange to itself as long as it lives, and another end of another world has it afterwards. So threads
// meet only where ends begin and cease, and a campaign has as many exchanges as ends that live at once: two or three
// for each of its threads. Nor need the two ends of a world know of each other: one of them may be of another protocol.
class LockstepProtocol final : public Protocol {
 public:
  // Starts an exchange and says hello; or what is wrong, in words that follow "the child".
  static std::expected<LockstepProtocol, std::string> Start(LineExchangeFactory factory);

  const ProtocolTraits& traits() const override { return traits_; }
  bool CanFork() const override { return false; }
  std::unique_ptr<Endpoint> MakeClient(const Plan& plan, uint32_t client) const override;
  std::unique_ptr<Endpoint> MakeServer(const Plan& plan) const override;

  // Those that stand ready.
  class Exchanges;

 private:
  explicit LockstepProtocol(std::shared_ptr<Exchanges> exchanges);

  std::shared_ptr<Exchanges> exchanges_;  // Of every end too: it may outlive the protocol.
  ProtocolTraits traits_;
};

}  // namespace holdfast::sim
