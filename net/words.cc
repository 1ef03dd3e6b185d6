#include "net/words.h"

#include <fmt/format.h>
#include <string.h>

#include <system_error>

namespace holdfast::net {

std::string SystemSays(int error) { return std::generic_category().message(error); }

std::string Text(std::chrono::nanoseconds time) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(time).count();
  return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000) : fmt::format("{} ms", ms);
}

std::string EndInWords(bool by_signal, int number) {
  if (!by_signal) return fmt::format("exited with status {}", number);
  const char* name = sigdescr_np(number);
  return fmt::format("was ended by signal {} ({})", number, name != nullptr ? name : "unknown");
}

}  // namespace holdfast::net
