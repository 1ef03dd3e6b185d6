#include "core/demux/http_head.h"

#include <algorithm>

namespace holdfast {
namespace {

constexpr char Lower(char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool EqualWords(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Whether one element of a comma-separated list is `word`.
bool Names(std::string_view list, std::string_view word) {
  for (;;) {
    const size_t comma = list.find(',');
    if (EqualWords(Trimmed(list.substr(0, comma)), word)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

std::optional<bool> HttpHead::Push(uint8_t byte) {
  if (byte != '\n') {
    line_.push_back(static_cast<char>(byte));
    return std::nullopt;
  }
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  TakeLine();
  line_.clear();
  if (upgrade_ && connection_) return true;
  if (ended_ || old_version_) return false;
  return std::nullopt;
}

void HttpHead::TakeLine() {
  const std::string_view line = line_;
  if (first_line_) {
    first_line_ = false;
    // RFC 9110 section 7.8: an Upgrade in an HTTP/1.0 request is ignored.
    const size_t space = line.find_last_of(' ');
    const std::string_view version = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
    old_version_ = version.size() != 8 || !version.starts_with("HTTP/1.") || version[7] < '1' || version[7] > '9';
    return;
  }
  if (line.empty()) {
    ended_ = true;
    return;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = line.substr(colon + 1);
  if (EqualWords(name, "upgrade")) upgrade_ = upgrade_ || Names(value, "websocket");
  if (EqualWords(name, "connection")) connection_ = connection_ || Names(value, "upgrade");
}

}  // namespace holdfast
