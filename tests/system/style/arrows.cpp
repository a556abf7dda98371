#include "arrows.hpp"

#include <fstream>
#include <map>
#include <regex>
#include <set>

namespace shoal::system {
namespace {

namespace fs = std::filesystem;

/// Room -> the rooms it may include. `shoal` is the SDK, `shoal/host` the container's side of it.
const std::map<std::string, std::set<std::string>> kBelow{
    {"base", {"base"}},
    {"sdk/include", {"shoal"}},
    {"sdk/host", {"shoal", "base", "shoal/host"}},
    {"sdk/src", {"shoal", "base", "shoal/host"}},
    {"access", {"shoal", "base", "shoal/host", "access"}},
    {"settings", {"shoal", "base", "shoal/host", "access", "settings"}},
    {"fastcgi", {"shoal", "base", "shoal/host", "fastcgi"}},
    {"elf", {"shoal", "elf"}},
    {"modules", {"shoal", "base", "shoal/host", "elf", "modules"}},
    {"state", {"shoal", "base", "shoal/host", "state"}},
    {"crash", {"base", "crash"}},
    {"status", {"base", "status"}},
    {"symbolize", {"symbolize"}},  // a program of its own
    {"serving",
     {"shoal", "base", "shoal/host", "access", "settings", "fastcgi", "modules", "crash", "status",
      "serving"}},
    {"daemon",
     {"shoal", "base", "shoal/host", "access", "elf", "settings", "fastcgi", "modules", "state",
      "crash", "status", "serving", "daemon"}},
};

bool is_source(const fs::path& file) {
  return file.extension() == ".hpp" || file.extension() == ".cpp";
}

/// The room an #include leads to; empty when it leads to none of ours.
std::string room_of(const std::string& included) {
  if (included.starts_with("shoal/host/")) return "shoal/host";
  const std::string first = included.substr(0, included.find('/'));
  return first == "shoal" || kBelow.contains(first) ? first : "";
}

bool is_libfcgi(const std::string& included) {
  return included == "fcgiapp.h" || included == "fcgi_stdio.h" || included == "fcgios.h" ||
         included == "fcgi_config.h" || included == "fcgio.h" || included == "fastcgi.h";
}

bool is_libdw(const std::string& included) {
  return included == "dwarf.h" || included.starts_with("elfutils/");
}

void follow(const fs::path& file, const std::string& shown, const std::string& room,
            const std::set<std::string>& below, std::vector<std::string>& wrong) {
  static const std::regex include("\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"].*");
  std::ifstream stream(file);
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    std::smatch found;
    if (!std::regex_match(line, found, include)) continue;
    const std::string included = found[1];
    const std::string target = room_of(included);
    const bool allowed = is_libfcgi(included)   ? room == "fastcgi"
                         : included == "lmdb.h" ? room == "state"
                         : is_libdw(included)   ? room == "symbolize"
                                                : target.empty() || below.contains(target);
    if (allowed) continue;
    wrong.push_back(shown + ":" + std::to_string(number) + ": " + room + " may not include \"" +
                    included + "\"");
  }
}

}  // namespace

std::vector<std::string> arrows_that_point_up(const fs::path& repository) {
  std::vector<std::string> wrong;
  const auto walk = [&](const fs::path& folder, const std::string& room,
                        const std::set<std::string>& below) {
    for (const auto& entry : fs::recursive_directory_iterator(repository / folder)) {
      if (!is_source(entry.path())) continue;
      follow(entry.path(), entry.path().lexically_relative(repository).native(), room, below,
             wrong);
    }
  };
  for (const auto& [room, below] : kBelow) {
    if (fs::exists(repository / "container" / room)) walk("container/" + room, room, below);
  }
  if (fs::exists(repository / "apps")) walk("apps", "apps", {"shoal"});
  return wrong;
}

}  // namespace shoal::system
