#include "tools/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::tools {

void Table::Section(std::string title, std::string value, std::string note) {
  lines_.push_back({true, std::move(title), std::move(value), std::move(note)});
}

void Table::Row(std::string name, std::string value, std::string note) {
  lines_.push_back({false, "  " + std::move(name), std::move(value), std::move(note)});
}

std::string Table::Text() const {
  size_t names = 0;
  size_t values = 0;
  for (const Line& line : lines_) {
    if (line.value.empty()) continue;
    names = std::max(names, line.name.size());
    if (!line.is_section) values = std::max(values, line.value.size());
  }
  std::string text;
  for (const Line& line : lines_) {
    if (line.is_section && !text.empty()) text += '\n';
    std::string row = fmt::format("{:<{}}  {:>{}}  {}", line.name, names, line.value, values, line.note);
    row.erase(row.find_last_not_of(' ') + 1);
    text += row + '\n';
  }
  return text;
}

}  // namespace holdfast::tools
