#pragma once

// Ratios: a benchmark's main that prints, after Google Benchmark's own report, how each of ours compares with the peer
// that was measured beside it in the same run. A figure alone says more about the machine than about the code.

#include <span>
#include <string_view>

namespace holdfast::bench {

// Items of work per second of `ours` divided by those of `peer`. Names are as Google Benchmark prints them.
struct Ratio {
  std::string_view ours;
  std::string_view peer;
  double bar;  // At least this much is expected.
};

// Exit status: 0, 1 if a ratio that was measured is below its bar and --bars was given, 2 for bad arguments.
int Main(int argc, char** argv, std::span<const Ratio> ratios);

}  // namespace holdfast::bench
