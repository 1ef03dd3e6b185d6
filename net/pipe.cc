#include "net/pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "net/words.h"

namespace holdfast::net {

std::expected<Pipe, std::string> MakePipe() {
  std::array<int, 2> made = {-1, -1};
  if (pipe2(made.data(), O_CLOEXEC) != 0) return std::unexpected("no pipe: " + SystemSays(errno));
  Pipe pipe = {Descriptor(made[0]), Descriptor(made[1])};
  for (Descriptor* end : {&pipe.reads, &pipe.writes}) {
    if (end->get() > STDERR_FILENO) continue;
    Descriptor higher(fcntl(end->get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!higher) return std::unexpected("no pipe: " + SystemSays(errno));
    *end = std::move(higher);
  }
  return pipe;
}

bool SetNonBlocking(const Descriptor& descriptor) {
  const int flags = fcntl(descriptor.get(), F_GETFL);
  return flags >= 0 && fcntl(descriptor.get(), F_SETFL, flags | O_NONBLOCK) == 0;
}

}  // namespace holdfast::net
