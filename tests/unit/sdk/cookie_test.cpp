#include "unit/sdk/answering.hpp"

namespace shoal::test {
namespace {

using namespace std::string_literals;

class CookieTest : public Answering {
 protected:
  /// Returns the value of the Set-Cookie header for `cookie`.
  std::string line_of(const Cookie& cookie) {
    MemoryExchange exchange;
    const auto one = host::Access::make_response(exchange, false, "");
    one->cookie(cookie);
    host::Access::finish(*one);
    const std::string name = "Set-Cookie: ";
    const std::size_t begin = exchange.sent.find(name) + name.size();
    return exchange.sent.substr(begin, exchange.sent.find("\r\n", begin) - begin);
  }

  void expect_refused(const Cookie& cookie, const std::string& why) {
    try {
      response().cookie(cookie);
      ADD_FAILURE() << "accepted: " << line_of(cookie);
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), HasSubstr(why));
    }
  }
};

TEST_F(CookieTest, HasSafeDefaults) {
  EXPECT_EQ(line_of({.name = "a", .value = "b"}), "a=b; Path=/; HttpOnly; SameSite=Lax");
}

TEST_F(CookieTest, HasEveryAttribute) {
  Cookie cookie{.name = "a", .value = "b c", .path = "/shop", .domain = "example.org"};
  cookie.max_age = std::chrono::hours(1);
  cookie.secure = true;
  cookie.http_only = false;
  cookie.same_site = Cookie::SameSite::kNone;
  EXPECT_EQ(line_of(cookie),
            "a=b c; Path=/shop; Domain=example.org; Max-Age=3600; Secure; SameSite=None");
  cookie.same_site = Cookie::SameSite::kStrict;
  EXPECT_THAT(line_of(cookie), EndsWith("SameSite=Strict"));
}

TEST_F(CookieTest, IsDeletedByAnAgeOfZero) {
  Cookie cookie{.name = "a"};
  cookie.max_age = std::chrono::seconds(0);
  EXPECT_EQ(line_of(cookie), "a=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
}

TEST_F(CookieTest, LeavesOutAnEmptyPath) {
  EXPECT_EQ(line_of({.name = "a", .value = "b", .path = ""}), "a=b; HttpOnly; SameSite=Lax");
}

TEST_F(CookieTest, BecomesALineOfItsOwn) {
  response().cookie({.name = "a", .value = "1"}).cookie({.name = "b", .value = "2"});
  finish();
  EXPECT_THAT(exchange_.sent, HasSubstr("Set-Cookie: a=1; "));
  EXPECT_THAT(exchange_.sent, HasSubstr("Set-Cookie: b=2; "));
}

TEST_F(CookieTest, RefusesANameThatIsNotAToken) {
  for (const std::string& name : {""s, "a b"s, "a=b"s, "a;b"s, "a\r\nX: y"s, "\xc3\xa9"s, "a\0"s}) {
    expect_refused({.name = name, .value = "v"}, "name is not a token");
  }
}

TEST_F(CookieTest, RefusesCharactersThatWouldAddAttributesOrLines) {
  for (const std::string& text :
       {"a;b"s, "a\r\nX: y"s, "a\nb"s, "a\0b"s, "a\x7f"s, "a\tb"s, "; Domain=evil.example"s}) {
    expect_refused({.name = "a", .value = text}, "its value has");
    expect_refused({.name = "a", .path = '/' + text}, "its path has");
    expect_refused({.name = "a", .domain = text}, "its domain has");
  }
}

TEST_F(CookieTest, RefusesContradictoryAttributes) {
  Cookie cookie{.name = "a", .value = "b"};
  cookie.same_site = Cookie::SameSite::kNone;
  expect_refused(cookie, "SameSite=None requires Secure");
  expect_refused({.name = "a", .path = "shop"}, "does not start with a slash");
  expect_refused({.name = "a", .max_age = std::chrono::seconds(-1)}, "negative");
}

TEST_F(CookieTest, RefusesPrefixedNamesThatBrowsersWouldIgnore) {
  expect_refused({.name = "__Secure-a"}, "__Secure- name requires Secure");
  expect_refused({.name = "__HOST-a"}, "__Host- name requires");
  expect_refused({.name = "__Host-a", .path = "/x", .secure = true}, "__Host- name requires");
  expect_refused({.name = "__Host-a", .domain = "example.org", .secure = true},
                 "__Host- name requires");
  EXPECT_THAT(line_of({.name = "__Host-a", .value = "b", .secure = true}),
              StartsWith("__Host-a=b; Path=/; Secure"));
}

TEST_F(CookieTest, DoesNotChangeTheAnswerWhenItIsRefused) {
  expect_refused({.name = "a", .value = "\n"}, "its value has");
  finish();
  EXPECT_THAT(exchange_.sent, Not(HasSubstr("Set-Cookie")));
}

class SentCookies : public Answering {
 protected:
  std::optional<std::string_view> cookie(std::string_view name, std::string header) {
    exchange_.params["HTTP_COOKIE"] = std::move(header);
    return request().cookie(name);
  }
};

TEST_F(SentCookies, AreFoundByTheirExactNames) {
  EXPECT_THAT(cookie("b", "a=1; b=2; B=3; bb=4"), Optional("2"s));
  EXPECT_THAT(cookie("bb", "a=1; b=2; B=3; bb=4"), Optional("4"s));
  EXPECT_EQ(cookie("c", "a=1; b=2"), std::nullopt);
}

TEST_F(SentCookies, AreAbsentWithoutAHeader) { EXPECT_EQ(request().cookie("a"), std::nullopt); }

TEST_F(SentCookies, LoseTheQuotesAroundThem) {
  EXPECT_THAT(cookie("a", "a=\"x y\""), Optional("x y"s));
  EXPECT_THAT(cookie("a", "a=\"\""), Optional(""s));
  EXPECT_THAT(cookie("a", "a=\""), Optional("\""s));
  EXPECT_THAT(cookie("a", "a=x\"y"), Optional("x\"y"s));
}

TEST_F(SentCookies, AreNotDecoded) {
  EXPECT_THAT(cookie("a", "a=x%20y+z=="), Optional("x%20y+z=="s));
  EXPECT_THAT(cookie("a", "a="), Optional(""s));
  EXPECT_THAT(cookie("a", "a=first; a=second"), Optional("first"s));
}

TEST_F(SentCookies, AreFoundBetweenInvalidPairs) {
  EXPECT_THAT(cookie("a", ";;; =x; a ; junk;\ta = 1 ;"), Optional("1"s));
  EXPECT_EQ(cookie("a", "a"), std::nullopt);
  EXPECT_EQ(cookie("a", ";"), std::nullopt);
  EXPECT_THAT(cookie("", "=x"), Optional("x"s));
}

}  // namespace
}  // namespace shoal::test
