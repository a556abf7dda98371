#include "arrows.hpp"

#include <fstream>
#include <map>
#include <regex>
#include <set>

namespace shoal::system {
namespace {

namespace fs = std::filesystem;

using Components = std::set<std::string>;

/// Component -> the components that it may include. `shoal` is what authors see of the SDK,
/// `shoal/host` the container's side of it.
const std::map<std::string, Components> kBelow{
    {"base", {"base"}},
    {"sdk/include", {"shoal"}},
    {"sdk/host", {"base", "shoal", "shoal/host"}},
    {"sdk/src", {"base", "shoal", "shoal/host"}},
    {"access", {"base", "shoal", "shoal/host", "access"}},
    {"settings", {"base", "shoal", "shoal/host", "access", "settings"}},
    {"fastcgi", {"base", "shoal", "shoal/host", "fastcgi"}},
    {"elf", {"shoal", "elf"}},
    {"releases/apps", {"base", "releases/apps", "releases/linking"}},  // a drop checks its files
    {"releases/linking", {"base", "elf", "releases/apps", "releases/linking"}},
    {"releases/staging", {"base", "elf", "releases/apps", "releases/linking", "releases/staging"}},
    {"releases/history",
     {"base", "elf", "releases/apps", "releases/linking", "releases/staging", "releases/history"}},
    {"releases/probing",
     {"base", "elf", "shoal", "shoal/host", "releases/apps", "releases/linking", "releases/staging",
      "releases/history", "releases/probing"}},
    {"releases/freshness", {"base", "releases/apps", "releases/freshness"}},
    {"releases/deployer",
     {"base", "shoal", "shoal/host", "elf", "releases/apps", "releases/linking", "releases/staging",
      "releases/history", "releases/probing", "releases/freshness", "releases/deployer"}},
    {"generations",
     {"base", "shoal", "shoal/host", "elf", "releases/apps", "releases/linking", "releases/staging",
      "releases/history", "releases/probing", "releases/freshness", "releases/deployer",
      "generations"}},
    {"state", {"base", "shoal", "shoal/host", "state"}},
    {"crash", {"base", "crash"}},
    {"status", {"base", "status"}},
    {"symbolize", {"symbolize"}},  // a program of its own
    {"serving",
     {"base", "shoal", "shoal/host", "access", "releases/apps", "releases/staging", "generations",
      "fastcgi", "crash", "status", "serving"}},
    {"control", {"base", "settings", "control"}},
    {"deployer",
     {"base", "shoal/host", "settings", "releases/apps", "releases/history", "releases/freshness",
      "releases/probing", "releases/deployer", "status", "control", "deployer"}},
    {"supervisor",
     {"base", "releases/staging", "releases/freshness", "releases/deployer", "settings", "fastcgi",
      "crash", "status", "control", "supervisor"}},
    {"worker",
     {"base", "shoal", "shoal/host", "access", "settings", "fastcgi", "releases/apps",
      "releases/freshness", "releases/probing", "releases/deployer", "generations", "state",
      "crash", "status", "serving", "control", "deployer", "worker"}},
    {"commands",
     {"base", "shoal/host", "elf", "settings", "releases/apps", "releases/linking",
      "releases/staging", "releases/history", "releases/probing", "status", "control", "deployer",
      "worker", "commands"}},
    {"daemon",
     {"base", "settings", "fastcgi", "control", "deployer", "supervisor", "worker", "commands",
      "daemon"}},
};

bool is_source(const fs::path& file) {
  return file.extension() == ".hpp" || file.extension() == ".cpp";
}

/// Returns the component that an #include leads to; empty when it leads to none of ours.
std::string component_of(const std::string& included) {
  if (included.starts_with("shoal/host/")) return "shoal/host";
  const std::size_t slash = included.find('/');
  const std::string both = included.substr(0, included.find('/', slash + 1));
  if (slash != std::string::npos && kBelow.contains(both)) return both;  // releases/apps
  const std::string first = included.substr(0, slash);
  return first == "shoal" || kBelow.contains(first) ? first : "";
}

bool is_libfcgi(const std::string& included) {
  return included == "fcgiapp.h" || included == "fcgi_stdio.h" || included == "fcgios.h" ||
         included == "fcgi_config.h" || included == "fcgio.h" || included == "fastcgi.h";
}

bool is_libdw(const std::string& included) {
  return included == "dwarf.h" || included.starts_with("elfutils/");
}

void follow(const fs::path& file, const std::string& shown, const std::string& component,
            const std::set<std::string>& below, std::vector<std::string>& wrong) {
  static const std::regex include("\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"].*");
  std::ifstream stream(file);
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    std::smatch found;
    if (!std::regex_match(line, found, include)) continue;
    const std::string included = found[1];
    const std::string target = component_of(included);
    const bool allowed = is_libfcgi(included)   ? component == "fastcgi"
                         : included == "lmdb.h" ? component == "state"
                         : is_libdw(included)   ? component == "symbolize"
                         : included.starts_with("boost/dll")
                             ? component == "generations"
                             : target.empty() || below.contains(target);
    if (allowed) continue;
    wrong.push_back(shown + ":" + std::to_string(number) + ": " + component +
                    " may not include \"" + included + "\"");
  }
}

}  // namespace

std::vector<std::string> arrows_that_point_up(const fs::path& repository) {
  std::vector<std::string> wrong;
  const auto walk = [&](const fs::path& folder, const std::string& component,
                        const std::set<std::string>& below) {
    for (const auto& entry : fs::recursive_directory_iterator(repository / folder)) {
      if (!is_source(entry.path())) continue;
      follow(entry.path(), entry.path().lexically_relative(repository).native(), component, below,
             wrong);
    }
  };
  for (const auto& [component, below] : kBelow) {
    if (fs::exists(repository / "container" / component))
      walk("container/" + component, component, below);
  }
  if (fs::exists(repository / "apps")) walk("apps", "apps", {"shoal"});
  return wrong;
}

}  // namespace shoal::system
