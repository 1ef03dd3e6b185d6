#include "net/socket_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace holdfast::net {
namespace {

bool IsTcp(int socket) {
  sockaddr_storage name = {};
  socklen_t size = sizeof name;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size) != 0) return false;
  return name.ss_family == AF_INET || name.ss_family == AF_INET6;
}

}  // namespace

SocketStream::SocketStream(Loop& loop, Descriptor socket) : watch_(loop, std::move(socket)) {
  const int yes = 1;
  if (IsTcp(watch_.get())) setsockopt(watch_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

Moved SocketStream::Read(MutableByteSpan into) {
  while (true) {
    const ssize_t size = recv(watch_.get(), into.data(), into.size(), MSG_DONTWAIT);
    if (size > 0) return {static_cast<size_t>(size), Flow::kGoes};
    if (size == 0) return {0, Flow::kFinished};
    if (errno == EAGAIN) return {0, Flow::kWaits};
    if (errno != EINTR) return {0, Flow::kBroken};
  }
}

Moved SocketStream::Write(ByteSpan bytes) {
  while (true) {
    const ssize_t size = send(watch_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size >= 0) {
      const auto taken = static_cast<size_t>(size);
      return {taken, taken == bytes.size() ? Flow::kGoes : Flow::kWaits};
    }
    if (errno == EAGAIN) return {0, Flow::kWaits};
    if (errno != EINTR) return {0, Flow::kBroken};
  }
}

void SocketStream::Finish() { shutdown(watch_.get(), SHUT_WR); }

void SocketStream::Reset() {
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(watch_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  watch_.Close();
}

}  // namespace holdfast::net
