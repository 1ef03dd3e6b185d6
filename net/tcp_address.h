#pragma once

// TcpAddress: an IP address and a port, in numbers. Names are not looked up.

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::net {

class TcpAddress {
 public:
  static TcpAddress Loopback(uint16_t port);

  // "127.0.0.1:7000", "[::1]:7000"; nothing else.
  static std::optional<TcpAddress> Parse(std::string_view text);
  std::string Text() const;

  uint16_t port() const;
  int family() const { return storage_.ss_family; }

  // As the system takes it, and gives it.
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return family() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6); }
  static std::optional<TcpAddress> OfSocket(int socket);

 private:
  TcpAddress() = default;
  sockaddr_storage storage_ = {};
};

}  // namespace holdfast::net
