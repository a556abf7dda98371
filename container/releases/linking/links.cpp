#include "releases/linking/links.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <system_error>

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOrigin = "$ORIGIN/";

/// The soname that shoal_add_library gives: unique in each stage without any help.
std::string soname_of(const std::string& module) { return std::string(kOrigin) + module + ".so"; }

/// How many names at the end of the two paths are the same: linked by path, a library is asked for
/// by the path it had then.
std::ptrdiff_t common_tail(const fs::path& one, const fs::path& other) {
  const std::vector<fs::path> left(one.begin(), one.end()), right(other.begin(), other.end());
  return std::mismatch(left.rbegin(), left.rend(), right.rbegin(), right.rend()).first -
         left.rbegin();
}

class Graph {
 public:
  Graph(const Facts& facts, const Files& files, const Apps& apps, const std::string& generation,
        std::vector<Fault>& faults)
      : facts_(facts), files_(files), apps_(apps), generation_(generation), faults_(faults) {}

  std::map<std::string, Links> draw() {
    for (const auto& [module, facts] : facts_) {
      for (const auto& needed : facts.needed) draw(module, needed);
    }
    for (const auto& [module, facts] : facts_) label(module);
    return std::move(links_);
  }

 private:
  void draw(const std::string& asking, const std::string& needed) {
    Links& links = links_[asking];
    if (const auto member = member_meant_by(asking, needed)) {
      links.members.push_back(*member);
      askers_[*member].push_back({asking, needed});
      return;
    }
    if (const auto module = module_named_by(needed)) return needs_other_group(asking, *module);
    if (needed.starts_with(kOrigin)) {
      return needs(asking, needed.substr(kOrigin.size()) + ", which is not in the apps folder",
                   "drop it too");
    }
    Outside outside{needed, find_by_path(asking, needed)};
    if (const auto module = module_at(outside.file)) return needs_other_group(asking, *module);
    if (lies_in_apps(outside.file)) {
      return needs(asking,
                   outside.file.native() +
                       ", which lies in the apps folder but is not a module, so it cannot be "
                       "replaced while it is in use",
                   "rename it to NAME.so and link to that, or move it out of the apps folder");
    }
    links.outside.push_back(std::move(outside));
  }

  /// A name decides before a soname, and a soname before the file's own name.
  std::optional<std::string> member_meant_by(const std::string& asking, const std::string& needed) {
    for (const auto& [module, file] : files_) {
      if (needed == soname_of(module)) return module;
    }
    const bool by_origin = needed.starts_with(kOrigin);
    std::vector<std::string> meant;
    for (const auto& [module, facts] : facts_) {
      if (module != asking && !facts.soname.empty() && needed == facts.soname) {
        meant.push_back(module);
      }
    }
    if (meant.empty() && !by_origin) meant = nearest_by_path(asking, needed);
    if (meant.size() > 1) {
      needs(asking,
            needed + ", which may be " + shown(meant.front()) + " or " + shown(meant.back()),
            "link the one you mean with -Wl,-soname,'" + soname_of(meant.front()) + "' or '" +
                soname_of(meant.back()) + "', and then this one again");
    }
    if (meant.empty()) return std::nullopt;
    return meant.front();
  }

  std::vector<std::string> nearest_by_path(const std::string& asking,
                                           const fs::path& needed) const {
    std::vector<std::string> nearest;
    std::ptrdiff_t longest = 1;
    for (const auto& [module, file] : files_) {
      const auto tail = common_tail(needed, file.path);
      if (module == asking || tail < longest) continue;
      if (tail > longest) nearest.clear();
      longest = tail;
      nearest.push_back(module);
    }
    return nearest;
  }

  /// A module of the apps folder, of another group, that the name stands for by itself.
  std::optional<std::string> module_named_by(const std::string& needed) const {
    if (!needed.starts_with(kOrigin) || !needed.ends_with(".so")) return std::nullopt;
    const std::string module = needed.substr(kOrigin.size(), needed.size() - kOrigin.size() - 3);
    if (!apps_.files.contains(module)) return std::nullopt;
    return module;
  }

  std::optional<std::string> module_at(const fs::path& file) const {
    if (file.empty() || apps_.folder.empty()) return std::nullopt;
    std::error_code none;
    const fs::path real = fs::canonical(file, none);
    for (const auto& [module, other] : apps_.files) {
      if (!real.empty() && fs::canonical(other.path, none) == real) return module;
    }
    return std::nullopt;
  }

  /// What is not a module is not staged, and a file that is mapped where people drop things ends
  /// the process when somebody writes into it.
  bool lies_in_apps(const fs::path& file) const {
    if (file.empty() || apps_.folder.empty()) return false;
    std::error_code none;
    const fs::path inside =
        fs::canonical(file, none).lexically_relative(fs::canonical(apps_.folder, none));
    return !inside.empty() && *inside.begin() != "..";
  }

  /// As the dynamic linker would do it where the file lies, which it does not in a stage.
  fs::path find_by_path(const std::string& asking, const std::string& needed) const {
    std::error_code none;
    if (needed.find('/') != std::string::npos) return fs::exists(needed, none) ? needed : "";
    const std::string origin = files_.find(asking)->second.path.parent_path().native();
    for (std::string folder : facts_.at(asking).run_path) {
      for (const std::string_view token : {"${ORIGIN}", "$ORIGIN"}) {
        if (const auto at = folder.find(token); at != std::string::npos) {
          folder.replace(at, token.size(), origin);
        }
      }
      if (const fs::path file = fs::path(folder) / needed; fs::is_regular_file(file, none)) {
        return file;
      }
    }
    return {};
  }

  /// Also a member whose soname is its own in each stage gets a label when another asks for it: the
  /// dynamic linker expands $ORIGIN in what is needed, yet not in the table that says of whom a
  /// version is needed, finds no such library, and ends the process.
  void label(const std::string& module) {
    elf::Labels& labels = links_[module].labels;
    labels.handler = facts_.at(module).handler;
    const auto askers = askers_.find(module);
    const std::string& soname = facts_.at(module).soname;
    labels.needed_by_others = askers != askers_.end();
    if (!labels.needed_by_others && (soname.empty() || soname == soname_of(module))) return;
    labels.own = generation_ + "." + std::to_string(number_++);
    if (!labels.needed_by_others) return;
    for (const auto& ask : askers->second) {
      links_[ask.asking].labels.needed.insert_or_assign(ask.needed, labels.own);
    }
  }

  void needs_other_group(const std::string& asking, const std::string& module) {
    const Membership membership = apps_.grouping.of(module);
    needs(asking,
          apps_.files.find(module)->second.path.native() + ", " +
              (membership.swept ? "a module of group " + membership.group : "a pinned module") +
              ", so the two are not replaced together",
          "put both into one group: " + apps_.grouping.line_that_joins(asking, module));
  }

  void needs(const std::string& asking, const std::string& what, std::string remedy) {
    faults_.push_back(
        {asking, {.thing = shown(asking), .fact = "needs " + what, .remedy = std::move(remedy)}});
  }

  std::string shown(const std::string& module) const {
    return files_.find(module)->second.path.native();
  }

  struct Ask {
    std::string asking;
    std::string needed;
  };

  const Facts& facts_;
  const Files& files_;
  const Apps& apps_;
  const std::string& generation_;
  std::vector<Fault>& faults_;
  std::map<std::string, Links> links_;
  std::map<std::string, std::vector<Ask>> askers_;  // of a member
  unsigned number_ = 0;
};

void visit(const std::string& module, const std::map<std::string, Links>& links,
           std::set<std::string>& met, std::vector<std::string>& order) {
  if (!met.insert(module).second) return;
  for (const auto& needed : links.at(module).members) visit(needed, links, met, order);
  order.push_back(module);
}

}  // namespace

std::map<std::string, Links> links_of(const Facts& facts, const Files& files, const Apps& apps,
                                      const std::string& generation, std::vector<Fault>& faults) {
  return Graph(facts, files, apps, generation, faults).draw();
}

std::vector<std::string> order_of_opening(const std::map<std::string, Links>& links) {
  std::vector<std::string> order;
  std::set<std::string> met;
  for (const auto& [module, needs] : links) visit(module, links, met, order);
  return order;
}

std::vector<std::string> bases_around(const std::string& module,
                                      const std::map<std::string, Links>& links) {
  std::map<std::string, std::set<std::string>> neighbours;
  std::set<std::string> bases;
  for (const auto& [asking, needs] : links) {
    for (const auto& needed : needs.members) {
      neighbours[asking].insert(needed);
      neighbours[needed].insert(asking);
      bases.insert(needed);
    }
  }
  std::set<std::string> linked{module};
  for (std::vector<std::string> next{module}; !next.empty();) {
    const std::string at = std::move(next.back());
    next.pop_back();
    for (const auto& neighbour : neighbours[at]) {
      if (linked.insert(neighbour).second) next.push_back(neighbour);
    }
  }
  std::vector<std::string> around = order_of_opening(links);
  std::erase_if(around, [&](const std::string& other) {
    return other == module || !bases.contains(other) || !linked.contains(other);
  });
  return around;
}

}  // namespace shoal::releases
