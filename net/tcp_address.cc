#include "net/tcp_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstring>

namespace holdfast::net {
namespace {

std::optional<uint16_t> PortOf(std::string_view text) {
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, port);
  if (text.empty() || result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return port;
}

}  // namespace

TcpAddress TcpAddress::Loopback(uint16_t port) {
  TcpAddress address;
  const sockaddr_in loopback = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  std::memcpy(&address.storage_, &loopback, sizeof loopback);
  return address;
}

std::optional<TcpAddress> TcpAddress::Parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<uint16_t> port = PortOf(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  if (!port || host.empty()) return std::nullopt;
  TcpAddress address;
  if (host.front() == '[' && host.back() == ']') {
    sockaddr_in6 six = {};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(*port);
    const std::string inner(host.substr(1, host.size() - 2));
    if (inet_pton(AF_INET6, inner.c_str(), &six.sin6_addr) != 1) return std::nullopt;
    std::memcpy(&address.storage_, &six, sizeof six);
    return address;
  }
  sockaddr_in four = {};
  four.sin_family = AF_INET;
  four.sin_port = htons(*port);
  if (inet_pton(AF_INET, std::string(host).c_str(), &four.sin_addr) != 1) return std::nullopt;
  std::memcpy(&address.storage_, &four, sizeof four);
  return address;
}

std::string TcpAddress::Text() const {
  std::array<char, INET6_ADDRSTRLEN> text = {};
  if (family() == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr, text.data(), text.size());
    return fmt::format("{}:{}", text.data(), port());
  }
  inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr, text.data(), text.size());
  return fmt::format("[{}]:{}", text.data(), port());
}

uint16_t TcpAddress::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
  return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_port);
}

std::optional<TcpAddress> TcpAddress::OfSocket(int socket) {
  TcpAddress address;
  socklen_t size = sizeof address.storage_;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address.storage_), &size) != 0) return std::nullopt;
  if (address.family() != AF_INET && address.family() != AF_INET6) return std::nullopt;
  return address;
}

}  // namespace holdfast::net
