#include "tools/arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "tools/units.h"

namespace holdfast::tools {
namespace {

enum class Number { kGood, kNone, kTooLarge };

template <typename T>
Number ReadNumber(std::string_view text, T& value) {
  const char* end = text.data() + text.size();
  const bool digits = !text.empty() && std::ranges::all_of(text, [](char c) { return '0' <= c && c <= '9'; });
  if (!digits) return Number::kNone;
  return std::from_chars(text.data(), end, value).ec == std::errc() ? Number::kGood : Number::kTooLarge;
}

// How long the UTF-8 character is that the text begins with; 0 if it begins with none.
size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return size;
}

}  // namespace

Parsed<uint64_t> ParseSeed(std::string_view text) {
  uint64_t seed = 0;
  switch (ReadNumber(text, seed)) {
    case Number::kGood:
      return seed;
    case Number::kTooLarge:
      return std::unexpected(fmt::format("'{}' is too large for a seed, which has 64 bits", text));
    case Number::kNone:
      break;
  }
  return std::unexpected(fmt::format("'{}' is no seed: it should be a number, 0 or more", text));
}

Parsed<SeedRange> ParseSeeds(std::string_view text) {
  const size_t dots = text.find("..");
  const auto first = ParseSeed(text.substr(0, dots));
  const auto last = dots == std::string_view::npos ? first : ParseSeed(text.substr(dots + 2));
  for (const auto& end : {first, last}) {
    if (end) continue;
    if (end.error().find("too large") != std::string::npos) return std::unexpected(end.error());
    return std::unexpected(fmt::format("'{}' should be one seed, as 7, or a range of them, as 1..2000", text));
  }
  if (*last < *first) return std::unexpected(fmt::format("'{}' ends before it begins", text));
  if (*last - *first >= kSeedsMax) {
    return std::unexpected(fmt::format("'{}' has too many seeds: at most {} run at a time", text, Grouped(kSeedsMax)));
  }
  return SeedRange{*first, *last};
}

Parsed<uint32_t> ParseJobs(std::string_view text) {
  uint32_t jobs = 0;
  if (ReadNumber(text, jobs) != Number::kGood || jobs < 1 || jobs > kJobsMax) {
    return std::unexpected(fmt::format("'{}' should be a number of threads, from 1 to {}", text, kJobsMax));
  }
  return jobs;
}

Parsed<Duration> ParseSeconds(std::string_view text) {
  const bool plain = !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
  double seconds = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, seconds, std::chars_format::fixed);
  if (!plain || result.ec != std::errc() || result.ptr != end || !(seconds > 0) || seconds > kSecondsMax) {
    return std::unexpected(fmt::format("'{}' should be a number of seconds, more than 0 and at most {}, as 90 or 0.5",
                                       text, Grouped(kSecondsMax)));
  }
  return Duration(std::max<int64_t>(1, std::llround(seconds * 1e9)));
}

Parsed<std::string> ParsePath(std::string_view text) {
  if (text.empty()) return std::unexpected("'' is no path");
  return std::string(text);
}

Parsed<sim::Profile> ParseWorlds(std::string_view text) {
  if (const auto profile = sim::ProfileNamed(text)) return *profile;
  return std::unexpected(fmt::format("'{}' is no kind of worlds: there are {}, {} and {}", text,
                                     sim::NameOf(sim::Profile::kDefault), sim::NameOf(sim::Profile::kSmall),
                                     sim::NameOf(sim::Profile::kStorm)));
}

Parsed<sim::Without> ParseWithout(std::string_view text) {
  if (const auto without = sim::Without::Named(text)) return *without;
  return std::unexpected(
      fmt::format("'{}' should be names, separated by commas, of {}", text, fmt::join(sim::kFeatureNames, ", ")));
}

std::string ShellQuoted(std::span<const std::string> words) {
  constexpr std::string_view kHarmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ' ';
    if (!word.empty() && word.find_first_not_of(kHarmless) == std::string::npos) {
      out += word;
      continue;
    }
    out += '\'';
    for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    out += '\'';
  }
  return out;
}

std::string OneLine(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t size = CharacterBytes(text);
    const bool printable = size > 1 || (size == 1 && text[0] >= ' ' && text[0] != 0x7f);
    out += printable ? text.substr(0, size) : "?";
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return out;
}

}  // namespace holdfast::tools
