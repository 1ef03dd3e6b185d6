#include "net/tcp.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "net/socket_stream.h"
#include "net/words.h"

namespace holdfast::net {
namespace {

constexpr int kWaitingMax = 1024;                 // Connections that the system keeps for us.
constexpr int kAcceptedAtOnceMax = 64;            // Then others have their turn.
constexpr std::chrono::milliseconds kPause(100);  // While there are no descriptors for a connection that waits.

constexpr uint32_t kFirstPort = 10'000;  // Of those that FreeTcpPort chooses from.
constexpr int kPortTriesMax = 100;

// From here on the system takes ports for whoever asks for none.
uint32_t FirstPortOfTheSystem() {
  const Descriptor file(open("/proc/sys/net/ipv4/ip_local_port_range", O_RDONLY | O_CLOEXEC));
  std::array<char, 32> text = {};
  if (!file || read(file.get(), text.data(), text.size() - 1) <= 0) return 0;
  return static_cast<uint32_t>(std::min(strtoul(text.data(), nullptr, 10), 65'535UL));
}

Descriptor MakeSocket(const TcpAddress& address) {
  return Descriptor(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

std::expected<Descriptor, std::string> Bound(const TcpAddress& address) {
  Descriptor made = MakeSocket(address);
  const int yes = 1;
  if (!made) return std::unexpected("no socket: " + SystemSays(errno));
  setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(made.get(), address.data(), address.size()) != 0) {
    return std::unexpected("cannot listen on " + address.Text() + ": " + SystemSays(errno));
  }
  return made;
}

}  // namespace

// --- Listening -----------------------------------------------------------------------------------------------------

std::expected<std::unique_ptr<TcpListener>, std::string> TcpListener::Open(Loop& loop, const TcpAddress& address,
                                                                           Accepted accepted) {
  std::expected<Descriptor, std::string> bound = Bound(address);
  if (!bound) return std::unexpected(bound.error());
  if (listen(bound->get(), kWaitingMax) != 0) {
    return std::unexpected("cannot listen on " + address.Text() + ": " + SystemSays(errno));
  }
  const TcpAddress got = TcpAddress::OfSocket(bound->get()).value_or(address);
  return std::unique_ptr<TcpListener>(new TcpListener(loop, *std::move(bound), got, std::move(accepted)));
}

TcpListener::TcpListener(Loop& loop, Descriptor socket, const TcpAddress& address, Accepted accepted)
    : loop_(loop), watch_(loop, std::move(socket)), pause_(loop), address_(address), accepted_(std::move(accepted)) {
  Wait();
}

void TcpListener::Wait() {
  watch_.WhenReadable([this] { Accept(); });
}

void TcpListener::Accept() {
  for (int i = 0; i < kAcceptedAtOnceMax; ++i) {
    Descriptor socket(accept4(watch_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket) {
      accepted_(std::make_unique<SocketStream>(loop_, std::move(socket)));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return pause_.At(Now() + kPause, [this] { Wait(); });
    } else if (errno == EAGAIN) {
      break;
    }  // Else that connection alone has failed.
  }
  Wait();
}

// --- Dialing -------------------------------------------------------------------------------------------------------

TcpDial::TcpDial(Loop& loop, const TcpAddress& address, Done done)
    : loop_(loop), watch_(loop, MakeSocket(address)), done_(std::move(done)) {
  if (watch_.get() < 0 || (connect(watch_.get(), address.data(), address.size()) != 0 && errno != EINPROGRESS)) {
    failed_ = SystemSays(errno);
  }
  watch_.WhenWritable([this] { Finish(); });
}

void TcpDial::Finish() {
  const Done done = std::move(done_);  // It may be the end of us.
  if (!failed_.empty()) return done(std::unexpected(failed_));
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(watch_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return done(std::unexpected(SystemSays(error)));
  done(std::make_unique<SocketStream>(loop_, watch_.Take()));
}

// --- A port --------------------------------------------------------------------------------------------------------

std::expected<uint16_t, std::string> FreeTcpPort() {
  const uint32_t end = FirstPortOfTheSystem();
  for (int tries = 0; tries < kPortTriesMax && end > kFirstPort; ++tries) {
    uint32_t draw = 0;
    if (getrandom(&draw, sizeof draw, 0) != sizeof draw) break;
    const auto port = static_cast<uint16_t>(kFirstPort + draw % (end - kFirstPort));
    if (Bound(TcpAddress::Loopback(port))) return port;
  }
  const std::expected<Descriptor, std::string> bound = Bound(TcpAddress::Loopback(0));
  if (!bound) return std::unexpected(bound.error());
  const std::optional<TcpAddress> address = TcpAddress::OfSocket(bound->get());
  if (!address) return std::unexpected("no free port: " + SystemSays(errno));
  return address->port();
}

}  // namespace holdfast::net
