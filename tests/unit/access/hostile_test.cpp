#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "visited.hpp"

namespace shoal::access {
namespace {

using std::string_literals::operator""s;

/// A value that a visitor may send, and how a text line shows it.
struct Hostile {
  const char* name;
  std::string value;
  std::string shown;
};
void PrintTo(const Hostile& each, std::ostream* stream) { *stream << each.name; }

const Hostile kHostile[] = {
    {"LineFeed", "a\n192.0.2.1 - - forged", "a\\x0a192.0.2.1 - - forged"},
    {"CarriageReturn", "a\rb", "a\\x0db"},
    {"Nul", "a\0b"s, "a\\x00b"},
    {"Escape", "\x1b[2J", "\\x1b[2J"},
    {"Delete", "a\x7f", "a\\x7f"},
    {"QuotationMark", "a\" 200 \"", "a\\x22 200 \\x22"},
    {"Backslash", "a\\x0a", "a\\x5cx0a"},
    {"ControlsOfUnicode", "\u009b2J", "\\xc2\\x9b2J"},
    {"CutUtf8", "b\xc3", "b\\xc3"},
    {"OverlongUtf8", "\xc0\x8a", "\\xc0\\x8a"},
    {"Surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
    {"BeyondUnicode", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
    {"Latin1", "b\xe4rsch", "b\\xe4rsch"},
    {"GoodUtf8", "bärsch 🐟", "bärsch 🐟"},
    {"Percent", "%s%n%{x}e", "%s%n%{x}e"},
};

class AHostileValue : public Visited, public ::testing::WithParamInterface<Hostile> {};

TEST_P(AHostileValue, IsHarmlessInEveryConversion) {
  const std::string& value = GetParam().value;
  for (const char* variable : {"REQUEST_METHOD", "REQUEST_URI", "QUERY_STRING", "REMOTE_ADDR",
                               "REMOTE_USER", "HTTP_USER_AGENT"}) {
    sent(variable, value);
  }
  request_.path = value;
  for (const char* format : {"%m", "%r", "%q", "%R", "%u", "%{HTTP_USER_AGENT}e"}) {
    EXPECT_EQ(line(format), GetParam().shown) << format;
  }
}

TEST_P(AHostileValue, IsHarmlessInJson) {
  sent("HTTP_USER_AGENT", GetParam().value);
  const std::string text = line("json");
  EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; })) << text;
  const auto read = nlohmann::json::parse(text).at("user_agent").get<std::string>();
  if (base::printable(GetParam().value).find("\\x") == std::string::npos) {
    EXPECT_EQ(read, GetParam().value);
  }
  EXPECT_EQ(nlohmann::json::parse(text).at("status"), 200) << "the value has not replaced another";
}

INSTANTIATE_TEST_SUITE_P(, AHostileValue, ::testing::ValuesIn(kHostile),
                         [](const auto& each) { return std::string(each.param.name); });

TEST_F(Visited, HasLongValuesCut) {
  sent("HTTP_USER_AGENT", std::string(1 << 20, 'a'));
  EXPECT_EQ(line("%{HTTP_USER_AGENT}e|"), std::string(4096, 'a') + "|");
  EXPECT_LT(line("json").size(), 8192u);
}

}  // namespace
}  // namespace shoal::access
