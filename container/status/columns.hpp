#pragma once

#include <string>
#include <vector>

namespace shoal::status {

/// Rows of cells for a terminal, each column as wide as its widest cell. Cells are what shown()
/// gives; a character counts as one place, which is wrong for wide scripts only.
class Columns {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
    std::size_t widest = 40;  ///< longer cells are cut, and end with `...`
  };

  explicit Columns(std::vector<Column> columns);

  /// REQUIRES: a cell for each column.
  void add(std::vector<std::string> cells);

  /// The title's line and the rows, each ended by a line feed, without trailing blanks.
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> widths_;
};

/// `text` when it has at most `places` characters, else its beginning and `...`.
std::string cut(const std::string& text, std::size_t places);

}  // namespace shoal::status
