#pragma once

// Units: numbers as people read them.

#include <cstdint>
#include <string>

#include "core/base/time.h"

namespace holdfast::tools {

// "1,234,567".
std::string Grouped(uint64_t count);

// Bytes: "812 B", "1.5 KiB", "37.0 MiB".
std::string SizeText(uint64_t bytes);

// "1 d 4 h", "2 h 7 min", "3 min 4 s", "34.2 s", "120 ms", "0 s". Negative ones count as 0.
std::string DurationText(Duration duration);

// "97.1 %"; "-" of nothing. Only all is "100 %", only none is "0 %".
std::string PercentText(uint64_t part, uint64_t whole);

// So many a second: "0.72", "48.3", "12,345".
std::string RateText(double per_second);

// "1 seed", "2,000 seeds".
std::string Counted(uint64_t count, const std::string& noun);

}  // namespace holdfast::tools
