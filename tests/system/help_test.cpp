#include <gmock/gmock.h>

#include <iterator>
#include <set>
#include <sstream>

#include "built.hpp"
#include "process.hpp"

namespace shoal::system {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

using Words = std::set<std::string>;

/// Compares `--help`, which counts as correct, with the manual page and the completion for bash.
class Help : public ::testing::Test {
 protected:
  static std::string help(const std::string& command = {}) {
    return run(std::string(built::kContainer) + " " + command + " --help").output;
  }

  /// Returns the commands that `shoal --help` lists.
  static Words commands() {
    std::istringstream lines(help());
    Words words;
    bool listed = false;
    for (std::string line; std::getline(lines, line);) {
      if (listed && line.starts_with("  ")) words.insert(line.substr(2, line.find(' ', 2) - 2));
      if (line.starts_with("Subcommands:")) listed = true;
    }
    return words;
  }

  /// Returns the long options that `shoal COMMAND --help` lists.
  static Words options(const std::string& command) {
    Words words;
    std::istringstream text(help(command));
    for (std::string word; text >> word;) {
      const auto begin = word.find("--");
      if (begin == std::string::npos || (begin != 0 && word[begin - 1] != ',')) continue;
      words.insert(
          word.substr(begin, word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", begin) - begin));
    }
    return words;
  }

  /// Returns what the completion offers for the last word of a line.
  static Words completions(const std::string& line) {
    const std::string script = "source " + file("completion/shoal.bash") + "; COMP_WORDS=(" + line +
                               "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _shoal;"
                               "printf \"%s \" \"${COMPREPLY[@]}\"";
    const auto [exit_code, output] = run("bash -c '" + script + "'");
    EXPECT_EQ(exit_code, 0) << output;
    std::istringstream text(output);
    return {std::istream_iterator<std::string>(text), {}};
  }

  /// Returns the source of the manual page, with each option as it is typed.
  static std::string manual_page() {
    std::string text = contents(file("man/shoal.1"));
    for (auto at = text.find("Fl -"); at != std::string::npos; at = text.find("Fl -", at)) {
      text.replace(at, 4, "--");
    }
    return text;
  }

 private:
  static std::string file(const std::string& name) {
    return std::string(built::kRepository) + "/deploy/" + name;
  }
};

TEST_F(Help, ListsCommandsAndOptionsThatTheManualPageExplains) {
  ASSERT_THAT(commands(), IsSupersetOf({"serve", "check", "drop", "probe"}));
  for (const auto& command : commands()) {
    EXPECT_THAT(manual_page(), HasSubstr("\n.It Cm " + command)) << "shoal.1";
    ASSERT_THAT(options(command), IsSupersetOf({"--help"}));
    for (const auto& option : options(command)) {
      EXPECT_THAT(manual_page(), HasSubstr(option)) << "shoal.1, " << command;
    }
  }
}

TEST_F(Help, ListsCommandsAndOptionsThatBashCompletes) {
  EXPECT_THAT(completions("shoal \"\""), IsSupersetOf(commands()));
  for (const auto& command : commands()) {
    EXPECT_THAT(completions("shoal " + command + " -"), IsSupersetOf(options(command))) << command;
  }
}

}  // namespace
}  // namespace shoal::system
