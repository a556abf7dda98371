#include "visited.hpp"

namespace shoal::access {
namespace {

std::vector<std::string> errors_of(std::string_view format) {
  try {
    Format{format};
  } catch (const FormatError& error) {
    return error.errors();
  }
  return {};
}

const char kKnown[] =
    "known: %% %C %d %e %f %l %m %M %n %o %p %P %q %Q %r %R %s %t %T %u %b %g %h %i";

TEST(AWrongFormat, IsToldAllThatIsWrong) {
  EXPECT_THAT(errors_of("%z %{foo}d %s %S %{micr}d %"),
              ElementsAre(std::string("\"%z\" is no conversion; ") + kKnown,
                          "\"%{foo}d\" has an unknown unit; known: seconds, milliseconds, milli, "
                          "miliseconds, mili, microseconds, micro",
                          "\"%S\" is no conversion; did you mean %s?",
                          "\"%{micr}d\" has an unknown unit; did you mean \"micro\"?",
                          "\"%\" stands alone at the end; a percent sign is written %%"));
}

TEST(AWrongFormat, IsToldWhatBracesAreFor) {
  EXPECT_THAT(errors_of("%e %{}o %{x}s %{x}"),
              ElementsAre("\"%e\" needs a name; write it as in %{HTTP_USER_AGENT}e",
                          "\"%{}o\" needs a name; write it as in %{Content-Type}o",
                          "\"%{x}s\" takes no braces; write %s",
                          "\"%{x}\" ends before its letter; write it as in %{milli}d"));
  EXPECT_THAT(errors_of("%s %{milli"),
              ElementsAre("\"%{milli\" has no closing brace; write it as in %{milli}d"));
}

TEST(AWrongFormat, MayBeMeantAsJson) {
  EXPECT_THAT(errors_of("JSON"), ElementsAre(HasSubstr("\"JSON\" has no conversion")));
  EXPECT_THAT(errors_of("jsn"), ElementsAre("\"jsn\" has no conversion; did you mean \"json\"?"));
  EXPECT_THAT(errors_of(""), ElementsAre(HasSubstr("\"\" has no conversion; write json")));
}

TEST(AWrongFormat, HasControlCharactersOrIsNoText) {
  EXPECT_THAT(errors_of("%s\n%m"), ElementsAre(HasSubstr("\"%s\\x0a%m\" has control characters")));
  EXPECT_THAT(errors_of("%s %\xff"), ElementsAre(HasSubstr("control characters")));
  EXPECT_THAT(errors_of("%s %ü"), ElementsAre(HasSubstr("\"%ü\" is no conversion")));
}

TEST(AWrongFormat, OfWhateverBytesNeverReadsBeyondItsEnd) {
  for (const char* piece : {"%", "%{", "%{}", "%{x", "%{x}", "%%%", "%{%}%", "}%{"}) {
    EXPECT_THAT(errors_of(piece), Not(::testing::IsEmpty())) << piece;
  }
}

}  // namespace
}  // namespace shoal::access
