// shoal.yaml(5), the manual page, beside conf/README.md.

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

namespace shoal::settings {
namespace {

using Keys = std::set<std::string>;

/// The keys that conf/README.md explains: `workers.threads`, `apps`, `log.level`. Each section is
/// about one key or, if commas part its title, several; a table whose first column is called `key`
/// tells the keys within.
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

/// The keys that have a paragraph of their own in the manual page: `.It Ic workers.threads ...`.
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

TEST(ManualPage, ExplainsTheKeysThatTheReadmeExplainsAndNoOthers) {
  const std::filesystem::path conf = SHOAL_CONF;
  const Keys keys = ReadmeKeys::of(conf / "README.md");
  EXPECT_THAT(keys, testing::IsSupersetOf({"listen.socket", "apps", "groups", "limits.body",
                                           "state.path", "expose", "log.level"}));
  EXPECT_EQ(keys_of_page(conf.parent_path() / "deploy" / "man" / "shoal.yaml.5"), keys);
}

}  // namespace
}  // namespace shoal::settings
