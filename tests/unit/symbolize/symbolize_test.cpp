// The program shoal-symbolize with modules that have debug information of all kinds.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace shoal::symbolize {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;

std::string output_of(const std::string& command) {
  std::string output;
  FILE* const pipe = ::popen(command.c_str(), "r");
  for (int c = 0; pipe != nullptr && (c = std::fgetc(pipe)) != EOF;) {
    output += static_cast<char>(c);
  }
  EXPECT_EQ(pipe == nullptr ? -1 : ::pclose(pipe), 0) << command;
  return output;
}

/// Returns the place of the line that ends in this comment: `/src/here.cpp:12`.
std::string line_of(const std::string& comment) {
  std::ifstream source(SYMBOLIZE_SOURCE);
  int number = 0;
  for (std::string line; std::getline(source, line);) {
    ++number;
    if (line.ends_with("// " + comment)) return SYMBOLIZE_SOURCE ":" + std::to_string(number);
  }
  return "no such line";
}

fs::path module(const std::string& kind) { return fs::path(SYMBOLIZE_MODULES) / (kind + ".so"); }

/// Returns the address in the module's file for which the test asks.
std::uintptr_t here_in(const std::string& kind) {
  void* const library = ::dlopen(module(kind).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return 0;
  const auto here = reinterpret_cast<char* (*)(int)>(::dlsym(library, "here"));  // NOLINT
  char* const place = here(0);
  Dl_info info{};
  ::dladdr(place, &info);
  const auto offset = place - static_cast<char*>(info.dli_fbase);
  ::dlclose(library);
  return static_cast<std::uintptr_t>(offset);
}

std::string hex(std::uintptr_t number) {
  std::ostringstream text;
  text << "0x" << std::hex << number;
  return text.str();
}

std::string ask(std::uintptr_t address, const fs::path& file) {
  return output_of("echo '3 " + hex(address) + " " + file.native() + "' | " SYMBOLIZE " 3<" +
                   file.native());
}

class DebugInformation : public ::testing::TestWithParam<const char*> {};

TEST_P(DebugInformation, GivesTheLineOfEachInlinedFunction) {
  EXPECT_THAT(ask(here_in(GetParam()), module(GetParam())),
              ContainsRegex("^" + line_of("deep") + "\t[^\n]*deep[^\n]*\n" + line_of("middle") +
                            "\t[^\n]*middle[^\n]*\n" + line_of("here") + "\there\n\n$"));
}

INSTANTIATE_TEST_SUITE_P(, DebugInformation, ::testing::Values("plain", "lines", "split", "old"),
                         [](const auto& each) { return std::string(each.param); });

class Symbolize : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "shoal.XXXXXX").native();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~Symbolize() override {
    std::error_code none;
    fs::remove_all(folder_, none);
  }

  fs::path folder_;
};

TEST_F(Symbolize, FindsNoLineWithoutDebugInformation) {
  EXPECT_EQ(ask(here_in("none"), module("none")), "\n");
}

TEST_F(Symbolize, FollowsADebugLink) {
  const std::string file = folder_ / "m.so";
  output_of("cp " + module("plain").native() + " " + file + " && objcopy --only-keep-debug " +
            file + " " + file + ".debug && objcopy --strip-debug --add-gnu-debuglink=" + file +
            ".debug " + file);
  EXPECT_THAT(ask(here_in("plain"), file), ContainsRegex("^" + line_of("deep")));
  fs::remove(file + ".debug");
  EXPECT_EQ(ask(here_in("plain"), file), "\n");
}

TEST_F(Symbolize, FindsOnlyTheLineWithoutDwoFiles) {
  const fs::path file = folder_ / "m.so";
  output_of("sed 's/\\.dwo/.gon/g' " + module("split").native() + " >" + file.native());
  EXPECT_EQ(ask(here_in("split"), file), line_of("deep") + "\t\n\n");
}

TEST_F(Symbolize, SurvivesTruncatedAndOtherFiles) {
  const fs::path file = folder_ / "m.so";
  const auto address = here_in("plain");
  for (const int size : {0, 3, 64, 1000, 5000, 9000}) {
    output_of("head -c" + std::to_string(size) + " " + module("plain").native() + " >" +
              file.native());
    EXPECT_THAT(ask(address, file), ::testing::EndsWith("\n")) << size;
  }
  std::ofstream(file) << "no module";
  EXPECT_EQ(ask(address, file), "\n");
}

TEST_F(Symbolize, AnswersQuestionsThatItCannotRead) {
  EXPECT_EQ(output_of("printf '%s\\n' '-1 0x0 ' '77 0x12 /nowhere' 'what?' '' | " SYMBOLIZE),
            "\n\n\n\n");
}

}  // namespace
}  // namespace shoal::symbolize
