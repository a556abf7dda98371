#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "built.hpp"

namespace shoal::system {

/// Returns file and number of the line that ends in `// comment` in this file of tests/modules:
/// `deadly.cpp:12`.
inline std::string source_line(const std::string& file, const std::string& comment) {
  std::ifstream stream(std::filesystem::path(built::kRepository) / "tests/modules" / file);
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (line.ends_with("// " + comment)) return file + ":" + std::to_string(number);
  }
  return file + " has no line that ends in // " + comment;
}

}  // namespace shoal::system
