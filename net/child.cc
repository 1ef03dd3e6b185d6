#include "net/child.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "net/no_sigpipe.h"
#include "net/pipe.h"
#include "net/words.h"

namespace holdfast::net {
namespace {

using Clock = std::chrono::steady_clock;

int MillisecondsUntil(Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 1'000'000'000));
}

}  // namespace

// --- A life --------------------------------------------------------------------------------------------------------

std::expected<std::unique_ptr<Child>, std::string> Child::Start(const std::string& command,
                                                                const ChildOptions& options) {
  std::expected<Pipe, std::string> in = MakePipe();
  if (!in) return std::unexpected(in.error());
  std::expected<Pipe, std::string> out = MakePipe();
  if (!out) return std::unexpected(out.error());
  for (const Descriptor* ours : {&in->writes, &out->reads}) {
    if (!SetNonBlocking(*ours)) return std::unexpected("no pipe: " + SystemSays(errno));
  }
  auto process = Process::Start(command, {.input = in->reads.get(), .output = out->writes.get()});
  if (!process) return std::unexpected(process.error());
  return std::unique_ptr<Child>(new Child(*std::move(process), std::move(in->writes), std::move(out->reads), options));
}

Child::Child(Process process, Descriptor to, Descriptor from, const ChildOptions& options)
    : process_(std::move(process)), to_(std::move(to)), from_(std::move(from)), options_(options) {}

Child::~Child() { Stop(); }

void Child::Stop() {
  to_.Close();
  from_.Close();
  process_.Kill();
}

std::string Child::HowItEnded(Moment until, const std::string& otherwise) const {
  const Descriptor watch = process_.Watch();
  if (watch) {
    pollfd ends = {.fd = watch.get(), .events = POLLIN, .revents = 0};
    while (poll(&ends, 1, MillisecondsUntil(until)) < 0 && errno == EINTR) {
    }
  }
  const std::optional<ProcessEnd> end = process_.HowItEnded();
  return end ? end->Text() : otherwise;
}

// --- A line --------------------------------------------------------------------------------------------------------

std::expected<std::string, std::string> Child::Ask(const std::string& line) {
  if (trouble_.empty()) {
    const NoSigpipe no_sigpipe;
    trouble_ = Converse(line + '\n', Clock::now() + options_.patience);
    if (!trouble_.empty()) Stop();
  }
  if (!trouble_.empty()) return std::unexpected(trouble_);
  std::string answer = unread_.substr(0, searched_);
  unread_.erase(0, searched_ + 1);
  searched_ = 0;
  return answer;
}

// Reads also while it writes: a child that answers before it has heard all must not wait for us for ever.
std::string Child::Converse(const std::string& text, Moment until) {
  if (std::string wrong = ReadWhatIsThere(until); !wrong.empty()) return wrong;
  if (!unread_.empty()) return "spoke without being asked";
  size_t written = 0;
  while (true) {
    if (std::string wrong = WriteWhatFits(text, written); !wrong.empty()) return wrong;
    if (written == text.size() && searched_ < unread_.size()) return {};
    if (std::string wrong = WaitForMore(written < text.size(), until); !wrong.empty()) return wrong;
    if (std::string wrong = ReadWhatIsThere(until); !wrong.empty()) return wrong;
  }
}

// Afterwards `searched_` is where the first newline is, or the end.
std::string Child::ReadWhatIsThere(Moment until) {
  std::array<char, 65536> piece;
  while (searched_ == unread_.size()) {  // More than a line is not wanted.
    const ssize_t size = read(from_.get(), piece.data(), piece.size());
    if (size > 0) {
      unread_.append(piece.data(), static_cast<size_t>(size));
      searched_ = std::min(unread_.find('\n', searched_), unread_.size());
      if (searched_ > options_.line_bytes_max) {
        return fmt::format("says a line of more than {} bytes", options_.line_bytes_max);
      }
    } else if (size == 0) {
      return HowItEnded(until, "closed its output");
    } else if (errno == EAGAIN) {
      return {};
    } else if (errno != EINTR) {
      return "cannot be read from: " + SystemSays(errno);
    }
  }
  return {};
}

std::string Child::WriteWhatFits(const std::string& text, size_t& written) {
  while (written < text.size()) {
    const ssize_t size = write(to_.get(), text.data() + written, text.size() - written);
    if (size >= 0) {
      written += static_cast<size_t>(size);
    } else if (errno == EAGAIN) {
      return {};
    } else if (errno == EPIPE) {
      written = text.size();  // It may be dead, which its output tells.
    } else if (errno != EINTR) {
      return "cannot be written to: " + SystemSays(errno);
    }
  }
  return {};
}

std::string Child::WaitForMore(bool writes, Moment until) {
  const bool reads = searched_ == unread_.size();
  std::array<pollfd, 2> ends = {pollfd{.fd = reads ? from_.get() : -1, .events = POLLIN, .revents = 0},
                                pollfd{.fd = writes ? to_.get() : -1, .events = POLLOUT, .revents = 0}};
  const int ready = poll(ends.data(), ends.size(), MillisecondsUntil(until));
  if (ready > 0 || (ready < 0 && errno == EINTR)) return {};
  if (ready < 0) return "cannot be waited for: " + SystemSays(errno);
  return HowItEnded(until, fmt::format("gave no answer within {}", Text(options_.patience)));
}

}  // namespace holdfast::net
