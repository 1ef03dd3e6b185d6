#include "bench/ratios.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace holdfast::bench {
namespace {

// Passes everything on to the console, and remembers the best bytes or items per second of each name: on a shared
// machine the best of several repetitions is the least disturbed one.
class Collector : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      auto rate = run.counters.find("bytes_per_second");
      if (rate == run.counters.end()) rate = run.counters.find("items_per_second");
      if (run.run_type != Run::RT_Iteration || rate == run.counters.end()) continue;
      double& best = rates_[run.run_name.str()];
      best = std::max(best, static_cast<double>(rate->second));
    }
  }

  const std::map<std::string, double, std::less<>>& rates() const { return rates_; }

 private:
  std::map<std::string, double, std::less<>> rates_;
};

}  // namespace

int Main(int argc, char** argv, std::span<const Ratio> ratios) {
  bool bars = false;
  std::vector<char*> arguments;
  for (int i = 0; i < argc; ++i) {
    if (i > 0 && std::strcmp(argv[i], "--bars") == 0) {
      bars = true;
    } else {
      arguments.push_back(argv[i]);
    }
  }
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (count > 1) {
    fmt::print(stderr, "{}: unknown argument '{}'\n", arguments[0], arguments[1]);
    return 2;
  }
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector);

  bool below = false;
  fmt::print("\n{:<34} {:<34} {:>7} {:>6}\n", "ours", "beside", "ratio", "bar");
  for (const Ratio& ratio : ratios) {
    auto ours = collector.rates().find(ratio.ours);
    auto peer = collector.rates().find(ratio.peer);
    if (ours == collector.rates().end() || peer == collector.rates().end()) continue;
    const double value = ours->second / peer->second;
    below = below || value < ratio.bar;
    fmt::print("{:<34} {:<34} {:>7.3f} {:>6.2f}{}\n", ratio.ours, ratio.peer, value, ratio.bar,
               value < ratio.bar ? "  below" : "");
  }
  return bars && below ? 1 : 0;
}

}  // namespace holdfast::bench
