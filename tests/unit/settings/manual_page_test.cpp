// The keys that conf/README.md and the manual page shoal.yaml(5) explain.

#include <filesystem>
#include <fstream>
#include <string>

#include "accepted_keys.hpp"

namespace shoal::settings {
namespace {

/// The keys that conf/README.md explains: `workers.threads`, `apps`, `log.level`. Each section
/// explains one key or, if its title has commas, several; a table whose first column is called
/// `key` explains the keys within.
class ReadmeKeys {
 public:
  static Keys of(const std::filesystem::path& file) {
    ReadmeKeys reader;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) reader.take(line);
    return reader.keys_;
  }

 private:
  void take(const std::string& line) {
    if (line.starts_with("## ")) {
      section_ = line.substr(3);
      if (section_ != "Errors") keys_.insert(section_);
    }
    if (line.starts_with("| key |")) {
      in_table_ = true;
      keys_.erase(section_);
    } else if (in_table_ && line.starts_with("| `")) {
      const std::string key = line.substr(3, line.find('`', 3) - 3);
      const bool is_whole = section_.find(',') != std::string::npos;
      keys_.insert(is_whole ? key : section_ + "." + key);
    } else if (!line.starts_with("|")) {
      in_table_ = false;
    }
  }

  std::string section_;
  bool in_table_ = false;
  Keys keys_;
};

/// Returns the keys that have a paragraph of their own in the manual page: `.It Ic workers.threads
/// ...`.
Keys keys_of_page(const std::filesystem::path& file) {
  constexpr std::string_view kItem = ".It Ic ";
  Keys keys;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(kItem)) continue;
    keys.insert(line.substr(kItem.size(), line.find(' ', kItem.size()) - kItem.size()));
  }
  return keys;
}

class Explanations : public AcceptedKeys {
 protected:
  static Keys in_readme() { return ReadmeKeys::of(conf() / "README.md"); }
  static Keys in_page() {
    return keys_of_page(conf().parent_path() / "deploy" / "man" / "shoal.yaml.5");
  }

 private:
  static std::filesystem::path conf() { return SHOAL_CONF; }
};

TEST_F(Explanations, OfTheReadmeAreOfAllAcceptedKeys) {
  EXPECT_THAT(accepted(), testing::IsSupersetOf({"listen.socket", "apps", "sweep.probe", "groups",
                                                 "routes.module", "log.access.format"}));
  EXPECT_THAT(innermost(in_readme()), testing::UnorderedElementsAreArray(accepted()));
}

TEST_F(Explanations, OfThePageAreOfTheSameKeys) {
  EXPECT_THAT(in_page(), testing::UnorderedElementsAreArray(in_readme()));
}

}  // namespace
}  // namespace shoal::settings
