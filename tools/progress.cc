#include "tools/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "tools/units.h"

namespace holdfast::tools {
namespace {

constexpr Duration kRewriteInterval = 100ms;
constexpr Duration kLineInterval = 5s;
constexpr size_t kBarColumns = 24;
constexpr size_t kColumnsWithoutBar = 100;  // A narrower terminal does without.

double SecondsOf(Duration duration) { return std::chrono::duration<double>(duration).count(); }

double SeedsPerSecond(const ProgressState& state) {
  const double elapsed = SecondsOf(state.elapsed);
  return elapsed > 0 ? static_cast<double>(state.seeds_done) / elapsed : 0;
}

std::string Bar(uint64_t done, uint64_t total) {
  const double share = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
  const auto filled = std::min(kBarColumns, static_cast<size_t>(share * static_cast<double>(kBarColumns)));
  std::string bar(filled, '=');
  if (filled < kBarColumns) bar += '>';
  bar.resize(kBarColumns, ' ');
  return "[" + bar + "]";
}

// Until the seeds, or the time for them, are used up.
std::string LeftText(const ProgressState& state) {
  if (state.stopping) return "stopping; Ctrl-C again ends at once";
  const double rate = SeedsPerSecond(state);
  if (rate <= 0) return {};
  constexpr double kLongestSeconds = 1e9;
  double seconds = std::min(kLongestSeconds, static_cast<double>(state.seeds_total - state.seeds_done) / rate);
  if (state.budget != Duration::max()) seconds = std::clamp(SecondsOf(state.budget - state.elapsed), 0.0, seconds);
  if (seconds < 60) return fmt::format("{:.0f} s left", seconds);
  return DurationText(std::chrono::seconds(static_cast<int64_t>(seconds))) + " left";
}

size_t ColumnsOf(FILE* stream) {
  winsize size = {};
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::string Line(const ProgressState& state, bool with_bar) {
  std::string line = fmt::format("{} of {}", Grouped(state.seeds_done), Counted(state.seeds_total, state.noun));
  line += with_bar ? " " + Bar(state.seeds_done, state.seeds_total) + " " : "  ";
  line += fmt::format("{}  {} {}s/s  {}", PercentText(state.seeds_done, state.seeds_total),
                      RateText(SeedsPerSecond(state)), state.noun, Counted(state.violations, "violation"));
  if (const std::string left = LeftText(state); !left.empty()) line += "  " + left;
  return line;
}

}  // namespace

std::string ProgressText(const ProgressState& state) { return Line(state, true); }

Progress::Progress(FILE* stream) : stream_(stream), is_terminal_(isatty(fileno(stream)) == 1) {}

Duration Progress::interval() const { return is_terminal_ ? kRewriteInterval : kLineInterval; }

void Progress::Show(const ProgressState& state) {
  const bool with_bar = is_terminal_ && ColumnsOf(stream_) > kColumnsWithoutBar;
  Show(Line(state, with_bar), state.elapsed);
}

void Progress::Show(const std::string& line, Duration elapsed) {
  if (elapsed - shown_at_ < interval() && (is_shown_ || !is_terminal_)) return;
  shown_at_ = elapsed;
  if (!is_terminal_) {  // Short work needs none.
    fmt::print(stream_, "{}\n", line);
    return;
  }
  fmt::print(stream_, "\r{}\x1b[K", std::string_view(line).substr(0, ColumnsOf(stream_) - 1));
  std::fflush(stream_);
  is_shown_ = true;
}

void Progress::Clear() {
  if (is_shown_) fmt::print(stream_, "\r\x1b[K");
  std::fflush(stream_);
  is_shown_ = false;
}

}  // namespace holdfast::tools
