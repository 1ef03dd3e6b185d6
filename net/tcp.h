#pragma once

// TCP: who waits for connections, and who makes one. Both give a SocketStream.

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "net/stream.h"
#include "net/tcp_address.h"

namespace holdfast::net {

class TcpListener {
 public:
  using Accepted = std::function<void(std::unique_ptr<Stream>)>;

  // Listens there; port 0: on one that is free. `accepted` is called for each connection, from the loop, which must
  // outlive the listener, and must not end the listener. Or says why it cannot.
  static std::expected<std::unique_ptr<TcpListener>, std::string> Open(Loop& loop, const TcpAddress& address,
                                                                       Accepted accepted);

  // With the port that it got.
  const TcpAddress& address() const { return address_; }

 private:
  TcpListener(Loop& loop, Descriptor socket, const TcpAddress& address, Accepted accepted);
  void Wait();
  void Accept();

  Loop& loop_;
  Watch watch_;
  Timer pause_;
  TcpAddress address_;
  Accepted accepted_;
};

// A dial that is under way: its end, before it has come to something, abandons it.
class TcpDial {
 public:
  using Result = std::expected<std::unique_ptr<Stream>, std::string>;
  using Done = std::function<void(Result)>;

  // `done` is called once, from the loop, and may end the dial.
  TcpDial(Loop& loop, const TcpAddress& address, Done done);

 private:
  void Finish();

  Loop& loop_;
  std::string failed_;  // Before it began.
  Watch watch_;
  Done done_;
};

// A port of the loopback that nobody uses at the moment, for a program that must be told one; if possible none of those
// that the system gives to whoever asks for any. Somebody else may take it before that program does. Or why there is
// none.
std::expected<uint16_t, std::string> FreeTcpPort();

}  // namespace holdfast::net
