#include <array>

#include "unit/sdk/answering.hpp"

namespace shoal::test {
namespace {

using namespace std::string_literals;

class Query : public Answering {
 protected:
  const auto& pairs_of(std::string query) {
    exchange_.params["QUERY_STRING"] = std::move(query);
    return request().query();
  }
};

TEST_F(Query, IsEmptyWithoutAQueryString) {
  EXPECT_THAT(request().query(), IsEmpty());
  EXPECT_EQ(request().query("a"), std::nullopt);
}

TEST_F(Query, ReturnsAllPairsInOrder) {
  EXPECT_THAT(pairs_of("b=2&a=1&b=3"), ElementsAre(Pair("b", "2"), Pair("a", "1"), Pair("b", "3")));
  EXPECT_THAT(request().query("b"), Optional("2"s));
  EXPECT_EQ(request().query("c"), std::nullopt);
}

TEST_F(Query, DecodesPercentSequencesAndPlusInNamesAndValues) {
  EXPECT_THAT(pairs_of("a%20b=c+d&%26=%3D%3d%2B&%C3%A9=%c3%a9"),
              ElementsAre(Pair("a b", "c d"), Pair("&", "==+"), Pair("\xc3\xa9", "\xc3\xa9")));
}

TEST_F(Query, DoesNotConvertLineBreaks) {
  EXPECT_THAT(pairs_of("a=1%0D%0A2%0A3%0D"), ElementsAre(Pair("a", "1\r\n2\n3\r")));
}

TEST_F(Query, ANameWithoutEqualsHasTheEmptyValue) {
  EXPECT_THAT(pairs_of("a&b=&c"), ElementsAre(Pair("a", ""), Pair("b", ""), Pair("c", "")));
  EXPECT_THAT(request().query("a"), Optional(""s));
}

TEST_F(Query, SeparatesAtTheFirstEqualsSign) {
  EXPECT_THAT(pairs_of("a=b=c&=v"), ElementsAre(Pair("a", "b=c"), Pair("", "v")));
}

TEST_F(Query, SkipsEmptyPairs) {
  EXPECT_THAT(pairs_of("&&a=1&&&b=2&"), ElementsAre(Pair("a", "1"), Pair("b", "2")));
}

TEST_F(Query, OfSeparatorsOnlyIsEmpty) { EXPECT_THAT(pairs_of("&&&&"), IsEmpty()); }

TEST_F(Query, KeepsWhatFollowsANulByte) {
  EXPECT_THAT(pairs_of("file=x%00.png&%00=%00&a\0b=c+\0%41\0"s),
              ElementsAre(Pair("file", "x\0.png"s), Pair("\0"s, "\0"s), Pair("a\0b"s, "c \0A\0"s)));
}

TEST_F(Query, KeepsMalformedPercentSequences) {
  EXPECT_THAT(pairs_of("a=%&b=%4&c=%zz&d=%4g%41&e=%%41&f=%\xff"),
              ElementsAre(Pair("a", "%"), Pair("b", "%4"), Pair("c", "%zz"), Pair("d", "%4gA"),
                          Pair("e", "%A"), Pair("f", "%\xff")));
}

TEST_F(Query, KeepsBytesThatAreNotUtf8) {
  EXPECT_THAT(pairs_of("a=%ff%FE\xff"), ElementsAre(Pair("a", "\xff\xfe\xff")));
}

TEST_F(Query, AcceptsVeryLongPairs) {
  std::string encoded;
  for (int i = 0; i < 200'000; ++i) encoded += "%41+";
  const auto& pairs = pairs_of("a=" + encoded + "&b=" + std::string(100'000, '%'));
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(pairs[0].second.size(), 400'000u);
  EXPECT_THAT(pairs[0].second, EndsWith("A A "));
  EXPECT_EQ(pairs[1].second, std::string(100'000, '%'));
}

TEST_F(Query, AcceptsManyNulBytes) {
  EXPECT_EQ(pairs_of("a=" + std::string(300'000, '\0'))[0].second, std::string(300'000, '\0'));
}

class Form : public Answering {
 protected:
  void expect_body_error(const std::string& why) {
    try {
      request().form();
      FAIL() << "did not throw";
    } catch (const BodyError& error) {
      EXPECT_THAT(error.what(), HasSubstr(why));
    }
  }
};

TEST_F(Form, ReturnsItsPairsDecoded) {
  sends_form("name=Ada+L.&name=2&note=%26");
  EXPECT_THAT(request().form("name"), Optional("Ada L."s));
  EXPECT_THAT(request().form(),
              ElementsAre(Pair("name", "Ada L."), Pair("name", "2"), Pair("note", "&")));
  EXPECT_EQ(request().form("other"), std::nullopt);
}

TEST_F(Form, IsReadInPieces) {
  exchange_.piece = 1;
  sends_form("a=%41&b=2");
  EXPECT_THAT(request().form(), ElementsAre(Pair("a", "A"), Pair("b", "2")));
}

TEST_F(Form, IsRecognisedByItsTypeInAnyCaseAndWithParameters) {
  sends_form("a=1");
  exchange_.params["CONTENT_TYPE"] = "Application/X-WWW-Form-Urlencoded ; charset=UTF-8";
  EXPECT_THAT(request().form("a"), Optional("1"s));
}

TEST_F(Form, OfAnotherTypeIsEmptyAndLeavesTheBodyUnread) {
  sends_form("a=1");
  exchange_.params["CONTENT_TYPE"] = "application/x-www-form-urlencoded-not";
  EXPECT_THAT(request().form(), IsEmpty());
  EXPECT_EQ(request().form("a"), std::nullopt);
  EXPECT_EQ(request().body().read_all(), "a=1");
}

TEST_F(Form, WithoutATypeIsEmpty) {
  exchange_.receive("a=1");
  EXPECT_EQ(request().form("a"), std::nullopt);
}

TEST_F(Form, ThatIsTruncatedThrowsAtEachCall) {
  sends_form("");
  exchange_.receive_truncated("a=1&b", 100);
  expect_body_error("ended before");
  expect_body_error("ended before");
}

TEST_F(Form, AfterTheBodyWasReadIsALogicError) {
  sends_form("a=1&b=2");
  std::array<char, 2> buffer;
  request().body().read(buffer);
  EXPECT_THROW(request().form("b"), std::logic_error);
}

TEST_F(Form, AcceptsTenThousandPairs) {
  std::string body;
  for (int i = 0; i < 10'000; ++i) body += "a&";
  sends_form(body);
  EXPECT_EQ(request().form().size(), 10'000u);
}

TEST_F(Form, WithMorePairsIsRefused) {
  std::string body;
  for (int i = 0; i < 10'001; ++i) body += "a&";
  sends_form(body);
  expect_body_error("more than 10000 pairs");
  expect_body_error("more than 10000 pairs");
}

}  // namespace
}  // namespace shoal::test
