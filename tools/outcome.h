#pragma once

// Outcome: how every subcommand of holdfast ends.

#include <expected>
#include <string>
#include <string_view>

namespace holdfast::tools {

inline constexpr std::string_view kProgramVersion = "0.1.0";

enum class ExitStatus : int {
  kDone = 0,
  kCheckFailed = 1,   // What was to be checked does not hold, or nothing was checked.
  kBadInput = 2,      // Bad arguments, or a file that cannot be read, written or understood.
  kInterrupted = 130  // By Ctrl-C; what had been done until then was reported.
};

// What a user got wrong or the machine refused: one line, without its end. As the end of a command: kBadInput.
using Complaint = std::string;

template <typename T>
using Parsed = std::expected<T, Complaint>;
using Outcome = std::expected<ExitStatus, Complaint>;

}  // namespace holdfast::tools
