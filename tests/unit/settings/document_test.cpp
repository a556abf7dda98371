// Errors of the file as a whole, and of its YAML.

#include <sys/stat.h>

#include <thread>

#include "configuration.hpp"

namespace shoal::settings {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(Configuration, ReportsWhyAMissingFileCannotBeRead) {
  try {
    read(folder() / "absent.yaml");
    FAIL() << "a missing file was read";
  } catch (const SettingsError& error) {
    EXPECT_THAT(error.errors(),
                ElementsAre(folder().string() +
                            "/absent.yaml: cannot be read (No such file or directory); check the "
                            "path, and that this user may read the file"));
  }
}

TEST_F(Configuration, RefusesAFolderInPlaceOfAFile) {
  EXPECT_THROW(
      {
        try {
          read(folder());
        } catch (const SettingsError& error) {
          EXPECT_THAT(error.what(), HasSubstr("is a folder; name the configuration file in it"));
          throw;
        }
      },
      SettingsError);
}

TEST_F(Configuration, MayComeThroughAPipe) {
  const std::string text = "listen: fd:0\napps: apps\nrun: run\nroutes: { /: hello }\n";
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  std::thread writer([&] { write(text); });
  EXPECT_EQ(read(file()).apps, folder() / "apps");
  writer.join();
}

TEST_F(Configuration, RefusesAnEmptyFile) {
  const std::string error = "shoal.yaml:1: is empty; write at least listen, apps, run and routes";
  for (const char* yaml : {"", "\n\n", "# nothing but this\n", "---\n", "~\n"}) {
    EXPECT_EQ(error_of(yaml), error);
  }
}

TEST_F(Configuration, RefusesAFileThatIsNotAMapping) {
  EXPECT_EQ(error_of("\n- listen\n"),
            "shoal.yaml:2: is a list; write a mapping: lines of \"key: value\", indented below it");
  EXPECT_THAT(error_of("serve"), StartsWith("shoal.yaml:1: is a single value; write a mapping"));
}

TEST_F(Configuration, NamesTheLineOfBrokenYaml) {
  EXPECT_THAT(error_with("sweep:\n\twait: 5s\n"), StartsWith("shoal.yaml:6: not valid YAML: "));
  EXPECT_THAT(error_with("groups: *none\n"),
              StartsWith("shoal.yaml:5: not valid YAML: the referenced anchor is not defined; "));
  EXPECT_THAT(error_of("listen: [::1]:9000\n"), HasSubstr("needs quotes"));
  EXPECT_THAT(error_of(std::string(100'000, '[')), HasSubstr("not valid YAML: "));
}

TEST_F(Configuration, RefusesASecondDocument) {
  EXPECT_EQ(error_with("---\nexpose: true\n"),
            "shoal.yaml:6: begins a second YAML document, which would be ignored; remove the line "
            "\"---\" above it");
}

TEST_F(Configuration, ReadsFilesWithABomAndWindowsLineEnds) {
  EXPECT_FALSE(
      settings_of("\xef\xbb\xbflisten: fd:0\r\napps: a\r\nrun: r\r\nroutes:\r\n  /: hello\r\n"
                  "expose: false\r\n")
          .expose);
}

TEST_F(Configuration, ReportsKeysThatAreGivenTwice) {
  EXPECT_EQ(error_with("expose: true\nexpose: false\n"),
            "shoal.yaml:6: expose: given twice, first on line 5; remove one of the two");
  EXPECT_EQ(error_with("workers: {threads: 4,\n  threads: 8}\n"),
            "shoal.yaml:6: workers.threads: given twice, first on line 5; remove one of the two");
}

TEST_F(Configuration, ReportsKeysThatAreNotText) {
  EXPECT_EQ(error_with("sweep:\n  ~: 5s\n"),
            "shoal.yaml:6: sweep: has a key that is not text; put the key in quotes");
}

TEST_F(Configuration, ReportsAllErrorsInTheOrderOfTheFile) {
  EXPECT_THAT(
      errors_of("log: { level: loud }\n"
                "listen: 127.0.0.1\n"
                "workers: { threads: 0, grace: 5, spare: 1 }\n"
                "apps: apps\n"
                "routes: { hello: hello }\n"),
      ElementsAre(
          StartsWith("shoal.yaml:1: run: missing"), StartsWith("shoal.yaml:1: log.level: "),
          StartsWith("shoal.yaml:2: listen: "), StartsWith("shoal.yaml:3: workers.threads: "),
          StartsWith("shoal.yaml:3: workers.grace: "), StartsWith("shoal.yaml:3: workers.spare: "),
          StartsWith("shoal.yaml:5: routes.hello: ")));
}

TEST_F(Configuration, NamesTheFileAsTheUserNamedIt) {
  write("");
  const auto here = std::filesystem::relative(file());
  try {
    read(here);
    FAIL() << "an empty file was read";
  } catch (const SettingsError& error) {
    EXPECT_THAT(error.errors(), ElementsAre(StartsWith(here.string() + ":1: ")));
  }
}

TEST_F(Configuration, KeepsEachErrorOnOneLine) {
  EXPECT_EQ(
      error_with("expose: \"yes\\nshoal.yaml:1: fine\\e[1m\"\n"),
      "shoal.yaml:5: expose: \"yes\\x0ashoal.yaml:1: fine\\x1b[1m\" is neither true nor false; "
      "write one of the two");
}

}  // namespace
}  // namespace shoal::settings
