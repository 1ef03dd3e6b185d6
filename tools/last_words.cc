#include "tools/last_words.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <utility>

namespace holdfast::tools {
namespace {

constexpr int kDeadly[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
constexpr uint64_t kNoSeed = UINT64_MAX;

// A signal handler can reach nothing else.
std::string words;
thread_local uint64_t seed_of_thread = kNoSeed;

// Only what a handler may call. What could not be written is lost with the program.
void Say(std::string_view text) {
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;
}

void SaySeed() {
  char digits[20];
  char* at = std::end(digits);
  uint64_t rest = seed_of_thread;
  do {
    *--at = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  Say({at, std::end(digits)});
}

void Speak(int number) {
  if (seed_of_thread != kNoSeed) {
    std::string_view rest = words;
    for (size_t at = rest.find(kSeedMark); at != std::string_view::npos; at = rest.find(kSeedMark)) {
      Say(rest.substr(0, at));
      SaySeed();
      rest.remove_prefix(at + kSeedMark.size());
    }
    Say(rest);
  }
  raise(number);  // The handler serves once: now it ends the program.
}

}  // namespace

LastWords::LastWords(std::string advice) {
  words = "holdfast: seed " + std::string(kSeedMark) + " ended the program: " + std::move(advice) + "\n";
  struct sigaction action = {};
  action.sa_handler = Speak;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  for (int number : kDeadly) sigaction(number, &action, nullptr);
}

LastWords::~LastWords() {
  for (int number : kDeadly) signal(number, SIG_DFL);
}

void LastWords::NoteSeed(uint64_t seed) { seed_of_thread = seed; }

}  // namespace holdfast::tools
