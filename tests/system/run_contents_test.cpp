// conf/README.md has a table of all that is in the run folder.
#include <fnmatch.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <fstream>
#include <map>
#include <string>

#include "built.hpp"
#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;
using ::testing::IsSubsetOf;

/// A pattern of the table, as `releases/GROUP/NUMBER/manifest.json`: words in capitals stand for
/// names.
class Pattern {
 public:
  explicit Pattern(const fs::path& text) {
    for (const auto& part : text) {
      if (part.empty()) continue;  // behind the slash that ends a folder
      parts_.push_back(glob_of(part.native()));
    }
  }

  /// Returns true if the whole pattern matches or, for a folder, its first parts.
  bool matches(const fs::path& path, bool is_folder) const {
    std::size_t count = 0;
    for (const auto& part : path) {
      if (count == parts_.size() || ::fnmatch(parts_[count].c_str(), part.c_str(), 0) != 0) {
        return false;
      }
      ++count;
    }
    return is_folder || count == parts_.size();
  }

 private:
  /// Returns the pattern of fnmatch(3): `?*.txt` for `TIME.txt`. Not a std::regex: see version_of
  /// in site.cpp.
  static std::string glob_of(const std::string& text) {
    std::string glob;
    for (const char c : text) {
      const bool is_name = c >= 'A' && c <= 'Z';
      if (!is_name) {
        glob += c;
      } else if (!glob.ends_with("?*")) {
        glob += "?*";
      }
    }
    return glob;
  }

  std::vector<std::string> parts_;
};

/// The patterns in the first column of the table, by their text.
std::map<std::string, Pattern> documented_patterns() {
  std::ifstream stream(fs::path(built::kRepository) / "conf" / "README.md");
  std::map<std::string, Pattern> patterns;
  bool inside = false;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("##")) inside = line == "### What is in run";
    if (!inside || !line.starts_with("| `")) continue;
    const std::string text = line.substr(3, line.find('`', 3) - 3);
    patterns.emplace(text, Pattern(text));
  }
  return patterns;
}

class RunContents : public Site {
 protected:
  void SetUp() override {
    drop("1");
    shell("cp " + std::string(built::kFolder) + "/apps/guestbook.so $APPS/answers.so");
  }

  void crash() {
    const std::size_t before = said("the report is");
    EXPECT_EQ(get("/lone?die").status, 502);
    ASSERT_TRUE(eventually([&] { return said("the report is") == before + 1; }));
  }

  /// Notes all that is in the run folder now, and the patterns that match it.
  void look() {
    std::error_code gone;  // files come and go meanwhile
    fs::recursive_directory_iterator entry(here() / "run", gone);
    for (; !gone && entry != fs::recursive_directory_iterator(); entry.increment(gone)) {
      const fs::path path = entry->path().lexically_relative(here() / "run");
      std::error_code none;
      const bool is_folder = entry->is_directory(none);
      bool is_documented = false;
      for (const auto& [text, pattern] : patterns_) {
        if (!pattern.matches(path, is_folder)) continue;
        is_documented = true;
        unseen_.erase(text);
      }
      EXPECT_TRUE(is_documented) << "run/" << path.native() << " is not in the table";
    }
  }

  std::set<std::string> unseen() const { return unseen_; }

 private:
  static std::set<std::string> texts_of(const std::map<std::string, Pattern>& patterns) {
    std::set<std::string> texts;
    for (const auto& [text, pattern] : patterns) texts.insert(text);
    return texts;
  }

  const std::map<std::string, Pattern> patterns_ = documented_patterns();
  std::set<std::string> unseen_ = texts_of(patterns_);
};

TEST_F(RunContents, AreInTheTableOfTheManual) {
  start();
  EXPECT_EQ(get("/").status, 200);
  EXPECT_EQ(get("/answers").status, 200);
  look();
  drop("deadly", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  look();
  for (int i = 0; i < 3; ++i) crash();
  EXPECT_TRUE(eventually([&] { return get("/lone").body == "lone 1\n"; })) << "in quarantine";
  look();
  drop("2", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 2\n");
  look();
  std::ofstream(here() / "run" / "releases" / "lone" / "serve.json") << "not JSON";
  const pid_t before = deployer();
  ASSERT_EQ(::kill(before, SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return deployer() != 0 && deployer() != before; }));
  drop("1", {"lone"});
  EXPECT_EQ(get("/lone").body, "lone 1\n");
  look();
  ASSERT_EQ(::kill(worker(), SIGKILL), 0);
  EXPECT_TRUE(eventually([&] { return get("/lone").status == 200; }));
  look();
  // These are there for moments only.
  EXPECT_THAT(
      unseen(),
      IsSubsetOf({"crashes/PID.report", "releases/GROUP/RECORD.new", "releases/GROUP/working.json",
                  "releases/GROUP/NUMBER/RECORD.new", "releases/GROUP/.draft.NUMBER/NAME",
                  "releases/GROUP/.removed.NUMBER/NAME", "releases/GROUP.unreadable/NAME",
                  "releases/GROUP/NUMBER.unreadable/NAME"}));
}

}  // namespace
}  // namespace shoal::system
