#pragma once

#include <string>
#include <vector>

namespace shoal::status {

/// A table for a terminal, each column as wide as its widest cell. Each character counts as one
/// column of the terminal, which is wrong only for wide scripts.
class Columns {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
    std::size_t widest = 40;  ///< longer cells are cut, and end with `...`
  };

  explicit Columns(std::vector<Column> columns);

  /// Adds a row. REQUIRES: one cell for each column, made safe by shown().
  void add(std::vector<std::string> cells);

  /// Returns the line of titles and the rows, each ended by a line feed, without trailing blanks.
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> widths_;
};

/// Returns `text` if it has at most `most` characters, else its beginning and `...`.
std::string cut(const std::string& text, std::size_t most);

}  // namespace shoal::status
