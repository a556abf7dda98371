#include "quoted_messages.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "built.hpp"
#include "sample_repository.hpp"

namespace shoal::system {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST(QuotedMessages, OfTheDocumentationExist) {
  EXPECT_THAT(quotations_without_message(built::kRepository), IsEmpty())
      << "quote what the container says, or use italics for what it does not say";
}

TEST(QuotedMessages, AreFoundInTheDocumentation) {
  for (const char* document :
       {"apps/README.md", "apps/debugging.md", "conf/README.md", "deploy/README.md"}) {
    std::ostringstream text;
    text << std::ifstream(std::string(built::kRepository) + "/" + document).rdbuf();
    EXPECT_THAT(messages_quoted_in(text.str()), Not(IsEmpty())) << document;
  }
}

TEST(QuotedMessages, AreLinesOfLogsAndWhatIsInDoubleQuotes) {
  EXPECT_THAT(messages_quoted_in("It says \"out of\ndisk\" `or \"nothing\"`.\n\n"
                                 "| \"a ...\" | <a id=\"b\"> |\n"
                                 "```text\nsays \"no\"\n```\n"
                                 "```log\nlone/1: live\n```\n"
                                 "Not nginx: \"permission denied\". Half a \" mark.\n"),
              ElementsAre("out of disk", "a ...", "lone/1: live"));
}

TEST(StringLiterals, AreJoinedAndUnescaped) {
  EXPECT_THAT(string_literals("f(\"one \"  // not \"this\"\n  \"\\\"two\\\"\\n\", \"three\");\n"
                              "/* \"nor this\" */ g('\"', 10'000, '\\'', R\"x(fo\"ur)x\");"),
              ElementsAre("one \"two\"\n", "three", "fo\"ur"));
}

class QuotedMessagesOf : public SampleRepository {
 protected:
  void SetUp() override {
    SampleRepository::SetUp();
    write("container/modules/library.cpp",
          "throw Error(file + \": its constructor threw: \" + why);\n"
          "spdlog::error(\"{}: drop refused: {}; {}\", group, why, \"still serving \" + label);\n"
          "text = \"the type \\\"\" + type + \"\\\" is in group \\\"\" + group + \"\\\" "
          "already\";\n");
    write("tests/system/readme/hello.cpp", "throw ConfigError(\"hello: repeat must be 1 to 10\");");
  }

  std::vector<std::string> wrong_in(const std::string& markdown) {
    write("apps/README.md", markdown);
    return quotations_without_message(repository_);
  }
};

TEST_F(QuotedMessagesOf, ADocumentMayHaveOtherValues) {
  EXPECT_THAT(wrong_in("```log\nhello: drop refused: /srv/apps/hello.so: its constructor threw: "
                       "hello: repeat must be 1 to 10; still serving hello/3\n"
                       "the type \"aquarium.screen\" is in group \"site\" already\n```\n"
                       "| \"its constructor threw: ...\" | \"refused: ...\" |\n"),
              IsEmpty());
}

TEST_F(QuotedMessagesOf, ADocumentMayNotHaveOtherWords) {
  EXPECT_THAT(wrong_in("```log\nhello: drop refused: /srv/apps/hello.so: its constructor failed: "
                       "hello: repeat must be 1 to 10; still serving hello/3\n```\n"
                       "\"still running hello/3\", \"accepted\"\n"),
              SizeIs(3));
}

TEST_F(QuotedMessagesOf, ADocumentAreReportedWithItsName) {
  write("deploy/README.md", "\"drop accepted\"\n");
  write("CHANGELOG.md", "\"drop accepted\"\n");
  EXPECT_THAT(quotations_without_message(repository_),
              ElementsAre("deploy/README.md: \"drop accepted\""));
}

}  // namespace
}  // namespace shoal::system
