#pragma once

// Arguments: how the values of options are read from text. Each of these accepts exactly what it describes (no sign, no
// space, nothing before or after) and otherwise complains in one line that quotes the text.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "sim/generate.h"
#include "tools/outcome.h"

namespace holdfast::tools {

// Inclusive.
struct SeedRange {
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t count() const { return last - first + 1; }  // At most kSeedsMax.
  bool operator==(const SeedRange&) const = default;
};

inline constexpr uint64_t kSeedsMax = 100'000'000;  // In one campaign.
inline constexpr uint32_t kJobsMax = 1024;
inline constexpr uint32_t kSecondsMax = 1'000'000'000;  // About 31 years.

// "7", or "7..90".
Parsed<SeedRange> ParseSeeds(std::string_view text);

// Any number of 64 bits.
Parsed<uint64_t> ParseSeed(std::string_view text);

// 1 to kJobsMax.
Parsed<uint32_t> ParseJobs(std::string_view text);

// More than nothing, at most kSecondsMax: "90", "0.5".
Parsed<Duration> ParseSeconds(std::string_view text);

// Anything but nothing.
Parsed<std::string> ParsePath(std::string_view text);

// "default", "small" or "storm".
Parsed<sim::Profile> ParseWorlds(std::string_view text);

// "swarm,heal": what the generator does without.
Parsed<sim::Without> ParseWithout(std::string_view text);

// The words as a POSIX shell must be given them to hand them over unchanged, separated by spaces.
std::string ShellQuoted(std::span<const std::string> words);

// The text on one line: what is a control character, or no UTF-8, becomes a question mark.
std::string OneLine(std::string_view text);

}  // namespace holdfast::tools
