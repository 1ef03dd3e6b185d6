#include "net/forked.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "net/words.h"

namespace holdfast::net {
namespace {

// A note is its kind and a number: how far the work has come; or, at its end, how many bytes of the result follow.
enum class Note : uint8_t { kReached = 'R', kResult = 'B' };
constexpr size_t kNoteBytes = 1 + sizeof(uint64_t);

bool WriteAll(int to, const uint8_t* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = write(to, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

bool WriteNote(int to, Note note, uint64_t number) {
  std::array<uint8_t, kNoteBytes> bytes = {static_cast<uint8_t>(note)};
  std::memcpy(bytes.data() + 1, &number, sizeof number);
  return WriteAll(to, bytes.data(), bytes.size());
}

// The copy's life.
[[noreturn]] void Live(pid_t parent, int to, const Forked::Work& work) {
  const rlimit no_core = {};
  setrlimit(RLIMIT_CORE, &no_core);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // It was gone before.
  const std::vector<uint8_t> bytes = work([to](uint64_t number) { WriteNote(to, Note::kReached, number); });
  const bool said = WriteNote(to, Note::kResult, bytes.size()) && WriteAll(to, bytes.data(), bytes.size());
  _exit(said ? 0 : 1);
}

}  // namespace

std::expected<std::unique_ptr<Forked>, std::string> Forked::Start(const Work& work, const ForkedOptions& options) {
  std::array<int, 2> made = {-1, -1};
  if (pipe2(made.data(), O_CLOEXEC) != 0) return std::unexpected("no pipe: " + SystemSays(errno));
  Descriptor reads(made[0]);
  Descriptor writes(made[1]);
  const pid_t parent = getpid();
  const pid_t process = fork();
  if (process < 0) return std::unexpected("no copy of the process: " + SystemSays(errno));
  if (process == 0) {
    reads.Close();
    Live(parent, writes.get(), work);
  }
  return std::unique_ptr<Forked>(new Forked(process, std::move(reads), options));
}

Forked::Forked(pid_t process, Descriptor from, const ForkedOptions& options)
    : process_(process), from_(std::move(from)), options_(options) {}

Forked::~Forked() {
  from_.Close();
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  HowItEnded();
}

std::expected<Forked::Bytes, ForkedEnd> Forked::Result() {
  const bool came = ReadAll();
  from_.Close();
  if (!came) kill(process_, SIGKILL);  // Of who is ending already it changes nothing.
  const std::string ended = HowItEnded();
  if (came) return std::move(unread_);
  return std::unexpected(ForkedEnd{.how = trouble_.empty() ? ended : trouble_, .reached = reached_});
}

bool Forked::ReadAll() {
  while (unread_.size() < size_) {
    if (!ReadSome() || !Understand()) return false;
  }
  return true;
}

bool Forked::ReadSome() {
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(options_.patience).count();
  pollfd comes = {.fd = from_.get(), .events = POLLIN, .revents = 0};
  const int ready = poll(&comes, 1, static_cast<int>(std::clamp<decltype(wait)>(wait, 0, 1'000'000'000)));
  if (ready == 0) trouble_ = fmt::format("gave no sign of life within {}", Text(options_.patience));
  if (ready < 0 && errno != EINTR) trouble_ = "cannot be waited for: " + SystemSays(errno);
  if (ready <= 0) return trouble_.empty();
  std::array<uint8_t, 65536> piece;
  const ssize_t size = read(from_.get(), piece.data(), piece.size());
  if (size < 0 && errno != EINTR) trouble_ = "cannot be read from: " + SystemSays(errno);
  if (size > 0) unread_.insert(unread_.end(), piece.begin(), piece.begin() + size);
  return size > 0 || (size < 0 && trouble_.empty());
}

bool Forked::Understand() {
  size_t begin = 0;
  while (size_ == UINT64_MAX && unread_.size() - begin >= kNoteBytes) {
    const auto note = static_cast<Note>(unread_[begin]);
    uint64_t number = 0;
    std::memcpy(&number, unread_.data() + begin + 1, sizeof number);
    begin += kNoteBytes;
    if (note == Note::kReached) {
      reached_ = number;
    } else if (note == Note::kResult && number <= options_.bytes_max) {
      size_ = number;
    } else if (note == Note::kResult) {
      trouble_ = fmt::format("brought back more than {} bytes", options_.bytes_max);
    } else {
      trouble_ = "brought back what nobody can read";
    }
    if (!trouble_.empty()) return false;
  }
  unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(begin));
  return true;
}

std::string Forked::HowItEnded() {
  siginfo_t how = {};
  while (waitid(P_PID, static_cast<id_t>(process_), &how, WEXITED) < 0 && errno == EINTR) {
  }
  process_ = 0;
  return EndInWords(how.si_code != CLD_EXITED, how.si_status);
}

}  // namespace holdfast::net
