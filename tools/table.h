#pragma once

// Table: names, values and notes in three columns, in sections, as plain text.

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::tools {

class Table {
 public:
  // The rows after it belong to it. Its value, if it has one, stands in the column of the rows' values.
  void Section(std::string title, std::string value = {}, std::string note = {});
  void Row(std::string name, std::string value, std::string note = {});

  // Values flush right in one column, as wide as the rows' need; an empty line before each section but the first.
  std::string Text() const;

 private:
  struct Line {
    bool is_section;
    std::string name;  // With its indentation.
    std::string value;
    std::string note;
  };
  std::vector<Line> lines_;
};

}  // namespace holdfast::tools
