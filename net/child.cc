#include "net/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace holdfast::net {
namespace {

using Clock = std::chrono::steady_clock;

std::string SystemSays(int error) { return std::generic_category().message(error); }

std::string Text(std::chrono::nanoseconds time) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(time).count();
  return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000) : fmt::format("{} ms", ms);
}

int MillisecondsUntil(Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 1'000'000'000));
}

// While it lives, a write of this thread to a pipe that nobody reads is an error and no signal.
class NoSigpipe {
 public:
  NoSigpipe() {
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &Only(), &before_);
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;
  ~NoSigpipe() {
    const timespec at_once = {};
    while (!was_pending_ && sigtimedwait(&Only(), nullptr, &at_once) < 0 && errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  static const sigset_t& Only() {
    static const sigset_t only = [] {
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, SIGPIPE);
      return set;
    }();
    return only;
  }

  sigset_t before_ = {};
  bool was_pending_ = false;
};

struct Pipe {
  Descriptor reads;
  Descriptor writes;
};

// Both ends are above the three that a program begins with, lest they be overwritten on their way into the child.
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

// Zero, or an error of the system.
int Spawn(const std::string& command, int input, int output, pid_t& process) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t ordinary;
  sigemptyset(&none);
  sigemptyset(&ordinary);
  for (int number : {SIGPIPE, SIGINT, SIGTERM, SIGCHLD}) sigaddset(&ordinary, number);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &ordinary);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
  std::string shell = "/bin/sh";
  std::string flag = "-c";
  std::string script = command;
  char* const arguments[] = {shell.data(), flag.data(), script.data(), nullptr};
  const int error = posix_spawn(&process, shell.c_str(), &files, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

}  // namespace

// --- A life --------------------------------------------------------------------------------------------------------

std::expected<std::unique_ptr<Child>, std::string> Child::Start(const std::string& command,
                                                                const ChildOptions& options) {
  std::expected<Pipe, std::string> in = MakePipe();
  if (!in) return std::unexpected(in.error());
  std::expected<Pipe, std::string> out = MakePipe();
  if (!out) return std::unexpected(out.error());
  for (int ours : {in->writes.get(), out->reads.get()}) {
    if (fcntl(ours, F_SETFL, O_NONBLOCK) != 0) return std::unexpected("no pipe: " + SystemSays(errno));
  }
  pid_t process = 0;
  const int error = Spawn(command, in->reads.get(), out->writes.get(), process);
  if (error != 0) return std::unexpected("could not be started: " + SystemSays(error));
  return std::unique_ptr<Child>(new Child(process, std::move(in->writes), std::move(out->reads), options));
}

Child::Child(pid_t process, Descriptor to, Descriptor from, const ChildOptions& options)
    : process_(process), to_(std::move(to)), from_(std::move(from)), options_(options) {}

Child::~Child() { Stop(); }

void Child::Stop() {
  to_.Close();
  from_.Close();
  if (process_ <= 0) return;
  kill(-process_, SIGKILL);  // The group is still ours: its leader was not waited for.
  while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
  process_ = 0;
}

std::string Child::HowItEnded(Moment until, const std::string& otherwise) const {
  const Descriptor watch(static_cast<int>(syscall(SYS_pidfd_open, process_, 0)));
  if (watch) {
    pollfd ends = {.fd = watch.get(), .events = POLLIN, .revents = 0};
    while (poll(&ends, 1, MillisecondsUntil(until)) < 0 && errno == EINTR) {
    }
  }
  siginfo_t how = {};
  const auto id = static_cast<id_t>(process_);
  if (waitid(P_PID, id, &how, WEXITED | WNOHANG | WNOWAIT) != 0 || how.si_pid == 0) return otherwise;
  if (how.si_code == CLD_EXITED) return fmt::format("exited with status {}", how.si_status);
  const char* name = sigdescr_np(how.si_status);
  return fmt::format("was ended by signal {} ({})", how.si_status, name != nullptr ? name : "unknown");
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
