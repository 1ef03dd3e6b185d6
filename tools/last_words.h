#pragma once

// LastWords: a program that dies of a failed check, or of a bad access, says of which seed: it is known already, and
// otherwise has to be looked for.

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::tools {

// No shell would quote it.
inline constexpr std::string_view kSeedMark = "@SEED@";

// While one lives, SIGABRT, SIGSEGV, SIGBUS, SIGFPE and SIGILL first write a line to the standard error: "holdfast:
// seed 7 ended the program: " and `advice`, in which every kSeedMark stands for the seed. Then they do what they always
// do. One at a time.
class LastWords {
 public:
  explicit LastWords(std::string advice);
  ~LastWords();
  LastWords(const LastWords&) = delete;
  LastWords& operator=(const LastWords&) = delete;

  // The calling thread begins this seed.
  static void NoteSeed(uint64_t seed);
};

}  // namespace holdfast::tools
