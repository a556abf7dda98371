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
    "the conversions are %% %C %d %e %f %l %m %M %n %o %p %P %q %Q %r %R %s %t %T %u %b %g %h %i";

TEST(AWrongFormat, HasAllItsErrorsReported) {
  EXPECT_THAT(
      errors_of("%z %{foo}d %s %S %{micr}d %"),
      ElementsAre(std::string("\"%z\" is not a conversion; ") + kKnown,
                  "\"%{foo}d\" has an unknown unit; the units are seconds, milliseconds, milli, "
                  "miliseconds, mili, microseconds, micro",
                  "\"%S\" is not a conversion; did you mean %s?",
                  "\"%{micr}d\" has an unknown unit; did you mean \"micro\"?",
                  "\"%\" has no letter after it; write %% for a percent sign"));
}

TEST(AWrongFormat, HasItsBracesExplained) {
  EXPECT_THAT(errors_of("%e %{}o %{x}s %{x}"),
              ElementsAre("\"%e\" needs a name; write it as in %{HTTP_USER_AGENT}e",
                          "\"%{}o\" needs a name; write it as in %{Content-Type}o",
                          "\"%{x}s\" takes no braces; write %s",
                          "\"%{x}\" has no letter after its braces; write it as in %{milli}d"));
  EXPECT_THAT(errors_of("%s %{milli"),
              ElementsAre("\"%{milli\" has no closing brace; write it as in %{milli}d"));
}

TEST(AWrongFormat, MayBeAMisspelledJson) {
  EXPECT_THAT(errors_of("JSON"), ElementsAre(HasSubstr("\"JSON\" has no conversion")));
  EXPECT_THAT(errors_of("jsn"), ElementsAre("\"jsn\" has no conversion; did you mean \"json\"?"));
  EXPECT_THAT(errors_of(""), ElementsAre(HasSubstr("\"\" has no conversion; write json")));
}

TEST(AWrongFormat, HasControlCharactersOrIsNotUtf8) {
  EXPECT_THAT(errors_of("%s\n%m"), ElementsAre(HasSubstr("\"%s\\x0a%m\" has control characters")));
  EXPECT_THAT(errors_of("%s %\xff"), ElementsAre(HasSubstr("control characters")));
  EXPECT_THAT(errors_of("%s %ü"), ElementsAre(HasSubstr("\"%ü\" is not a conversion")));
}

TEST(AWrongFormat, IsNeverReadBeyondItsEnd) {
  for (const char* piece : {"%", "%{", "%{}", "%{x", "%{x}", "%%%", "%{%}%", "}%{"}) {
    EXPECT_THAT(errors_of(piece), Not(::testing::IsEmpty())) << piece;
  }
}

}  // namespace
}  // namespace shoal::access
