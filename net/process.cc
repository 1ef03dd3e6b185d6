#include "net/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>

#include "net/words.h"

namespace holdfast::net {
namespace {

// Zero, or an error of the system.
int Spawn(const std::string& command, const Process::Files& files, pid_t& process) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, files.input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, files.output, STDOUT_FILENO);
  if (files.error >= 0) posix_spawn_file_actions_adddup2(&actions, files.error, STDERR_FILENO);
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
  const int error = posix_spawn(&process, shell.c_str(), &actions, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

struct ProcessFacts {
  pid_t group = 0;
  uint64_t pages = 0;
};

// Of /proc/ID/stat. The name, which may hold anything, stands in parentheses before the fields.
std::optional<ProcessFacts> FactsOf(const char* id) {
  const Descriptor file(open(fmt::format("/proc/{}/stat", id).c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> text;
  const ssize_t size = file ? read(file.get(), text.data(), text.size() - 1) : -1;
  if (size <= 0) return std::nullopt;
  text[static_cast<size_t>(size)] = '\0';
  const char* fields = strrchr(text.data(), ')');
  int group = 0;
  long pages = 0;
  constexpr const char* kFields =  // The third field is the group, the twenty-second after the name the pages.
      ") %*c %*d %d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %*u %*u %ld";
  if (fields == nullptr || sscanf(fields, kFields, &group, &pages) != 2) return std::nullopt;
  return ProcessFacts{.group = group, .pages = static_cast<uint64_t>(std::max(pages, 0L))};
}

}  // namespace

std::string ProcessEnd::Text() const { return EndInWords(by_signal, number); }

std::expected<Process, std::string> Process::Start(const std::string& command, const Files& files) {
  pid_t id = 0;
  const int error = Spawn(command, files, id);
  if (error != 0) return std::unexpected("could not be started: " + SystemSays(error));
  return Process(id);
}

void Process::Kill() {
  if (id_ <= 0) return;
  kill(-id_, SIGKILL);  // The group is still ours: its leader was not waited for.
  while (waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
  }
  id_ = 0;
}

Descriptor Process::Watch() const { return Descriptor(static_cast<int>(syscall(SYS_pidfd_open, id_, 0))); }

std::optional<ProcessEnd> Process::HowItEnded() const {
  if (id_ <= 0) return std::nullopt;
  siginfo_t how = {};
  const auto id = static_cast<id_t>(id_);
  if (waitid(P_PID, id, &how, WEXITED | WNOHANG | WNOWAIT) != 0 || how.si_pid == 0) return std::nullopt;
  return ProcessEnd{.by_signal = how.si_code != CLD_EXITED, .number = how.si_status};
}

uint64_t Process::ResidentBytes() const {
  DIR* folder = id_ > 0 ? opendir("/proc") : nullptr;
  if (folder == nullptr) return 0;
  uint64_t pages = 0;
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    const std::optional<ProcessFacts> facts = FactsOf(entry->d_name);
    if (facts && facts->group == id_) pages += facts->pages;
  }
  closedir(folder);
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace holdfast::net
