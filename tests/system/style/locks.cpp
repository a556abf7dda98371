#include "locks.hpp"

#include <algorithm>
#include <fstream>
#include <regex>

namespace shoal::system {
namespace {

bool has_checked_locks(const std::string& file) {
  return (file.ends_with(".hpp") || file.ends_with(".cpp")) && file != "container/base/mutex.hpp";
}

}  // namespace

std::vector<std::string> unchecked_locks(const std::filesystem::path& repository) {
  static const std::regex lock(
      "\\bstd::((recursive_|timed_|recursive_timed_|shared_|shared_timed_)?mutex"
      "|lock_guard|unique_lock|shared_lock|scoped_lock)\\b");
  std::vector<std::string> found;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(repository / "container")) {
    const std::string file = entry.path().lexically_relative(repository).native();
    if (!has_checked_locks(file)) continue;
    std::ifstream stream(entry.path());
    int number = 0;
    for (std::string line; std::getline(stream, line);) {
      ++number;
      const std::string code = line.substr(0, line.find("//"));
      std::smatch match;
      if (!std::regex_search(code, match, lock)) continue;
      found.push_back(file + ":" + std::to_string(number) + ": " + match.str() +
                      "; use base/mutex.hpp");
    }
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace shoal::system
