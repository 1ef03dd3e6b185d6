#include "tools/units.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <string_view>

namespace holdfast::tools {

std::string Grouped(uint64_t count) { return fmt::format("{}", fmt::group_digits(count)); }

std::string SizeText(uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr std::array<std::string_view, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  size_t unit = 0;
  double size = static_cast<double>(bytes) / 1024;
  // Not "1024.0 KiB".
  for (; size >= 1023.95 && unit + 1 < kUnits.size(); ++unit) size /= 1024;
  return fmt::format("{:.1f} {}", size, kUnits[unit]);
}

std::string DurationText(Duration duration) {
  using namespace std::chrono;
  if (duration <= Duration::zero()) return "0 s";
  if (duration < 1us) return fmt::format("{} ns", duration.count());
  if (duration < 1ms) return fmt::format("{} us", duration_cast<microseconds>(duration).count());
  if (duration < 1s) return fmt::format("{} ms", duration_cast<milliseconds>(duration).count());
  if (duration < 1min) return fmt::format("{}.{} s", duration / 1s, duration % 1s / 100ms);
  if (duration < 1h) return fmt::format("{} min {} s", duration / 1min, duration % 1min / 1s);
  if (duration < 24h) return fmt::format("{} h {} min", duration / 1h, duration % 1h / 1min);
  return fmt::format("{} d {} h", Grouped(static_cast<uint64_t>(duration / 24h)), duration % 24h / 1h);
}

std::string PercentText(uint64_t part, uint64_t whole) {
  if (whole == 0) return "-";
  if (part == 0) return "0 %";
  if (part == whole) return "100 %";
  const double percent = 100 * static_cast<double>(part) / static_cast<double>(whole);
  if (part > whole) return fmt::format("{:.1f} %", percent);
  return fmt::format("{:.1f} %", std::min(99.9, std::max(0.1, percent)));
}

std::string RateText(double per_second) {
  if (!(per_second > 0)) return "0";
  if (per_second < 10) return fmt::format("{:.2f}", per_second);
  if (per_second < 1000) return fmt::format("{:.1f}", per_second);
  return Grouped(static_cast<uint64_t>(std::llround(per_second)));
}

std::string Counted(uint64_t count, const std::string& noun) {
  return fmt::format("{} {}{}", Grouped(count), noun, count == 1 ? "" : "s");
}

}  // namespace holdfast::tools
