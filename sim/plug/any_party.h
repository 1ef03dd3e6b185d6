#pragma once

// AnyParty: a party of whatever kind (a C++ type, a C library, a child process), and the Endpoint that a world drives
// in its place.

#include <memory>
#include <optional>
#include <string>

#include "sim/endpoint.h"
#include "sim/plug/party.h"

namespace holdfast::sim {

// The verbs of party.h.
class AnyParty {
 public:
  virtual ~AnyParty() = default;

  virtual void TransportOpened(Time now, TransportId transport) = 0;
  virtual void TransportClosed(Time now, TransportId transport) = 0;
  virtual void DialFailed(Time now) = 0;  // Clients only.
  virtual void Receive(Time now, TransportId transport, ByteSpan bytes) = 0;
  virtual size_t Send(Time now, ByteSpan bytes) = 0;
  virtual void Finish(Time now) = 0;
  virtual std::optional<Output> Poll(Time now) = 0;
  virtual Time Deadline() const = 0;
  virtual void Tick(Time now) = 0;

  virtual size_t MemoryBytes() const { return 0; }
  virtual uint64_t StateDigest() const { return 0; }
  // What is wrong with it, in words that follow "the endpoint of client0": it broke a rule of the interface, or is no
  // more.
  virtual std::optional<std::string> Complaint() const { return std::nullopt; }
  // Nothing: it cannot be copied.
  virtual std::unique_ptr<AnyParty> Clone() const { return nullptr; }
};

// `party` as one end of a plan's only session.
std::unique_ptr<Endpoint> MakePartyEndpoint(std::unique_ptr<AnyParty> party, Side side);

}  // namespace holdfast::sim
