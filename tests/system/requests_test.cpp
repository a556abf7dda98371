#include <gmock/gmock.h>

#include "site.hpp"

namespace shoal::system {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::ValuesIn;

class Requests : public Site {
 protected:
  void SetUp() override {
    drop("1");
    drop("plain");
    start();
  }
};

/// What a visitor sends, and a line of `echo` that shows what the module received.
struct RequestCase {
  const char* name;
  Request request;
  std::string line;
};
void PrintTo(const RequestCase& each, std::ostream* stream) { *stream << each.name; }

const char kFormType[] = "application/x-www-form-urlencoded";

const RequestCase kRequestCases[] = {
    {"Method", {.method = "DELETE", .path = "/echo"}, "method: DELETE\n"},
    {"Path", {.path = "/echo/a%20b/c?d"}, "path: /echo/a b/c\n"},
    {"PathInfo", {.path = "/echo/a%20b/c?d"}, "path_info: /a b/c\n"},
    {"NoPathInfo", {.path = "/echo"}, "path_info: \n"},
    {"ATrailingSlash", {.path = "/echo/"}, "path_info: /\n"},
    {"AQuery",
     {.path = "/echo?fish=b%C3%A4rsch+%26+co&x=1"},
     "query fish: bärsch & co\nquery x: 1\n"},
    {"AQueryWithoutAValue", {.path = "/echo?fish"}, "query fish: \n"},
    {"AHeader", {.path = "/echo", .headers = {{"X-Fish", "cod"}}}, "header X-Fish: cod\n"},
    {"ACookie",
     {.path = "/echo", .headers = {{"Cookie", "a=b; tank=\"deep\""}}},
     "cookie tank: deep\n"},
    {"RemoteAddress", {.path = "/echo"}, "remote_address: 127.0.0.1\n"},
    {"AParam", {.path = "/echo"}, "protocol: HTTP/1.1\n"},
    {"NoContentType", {.path = "/echo"}, "protocol: HTTP/1.1\nbody: \n"},
    {"AForm",
     {"POST", "/echo", {{"Content-Type", kFormType}}, "fish=cod&fish=b%C3%A4rsch+2"},
     "form fish: cod\nform fish: bärsch 2\n"},
    {"ABody", {"POST", "/echo", {{"Content-Type", "text/plain"}}, "fish=cod"}, "body: fish=cod\n"},
    {"ABodyOfPut", {"PUT", "/echo", {{"Content-Type", "a/b"}}, "x"}, "header Content-Type: a/b\n"},
    {"ContentLength",
     {"PUT", "/echo", {{"Content-Type", "a/b"}}, "12345"},
     "header Content-Length: 5\n"},
    {"ALongBody",
     {"POST", "/echo", {{"Content-Type", "a/b"}}, std::string(300'000, 'b')},
     "body: " + std::string(300'000, 'b') + "\n"},
    {"ALongHeader",
     {.path = "/echo", .headers = {{"X-Fish", std::string(6'000, 'h')}}},
     "header X-Fish: " + std::string(6'000, 'h') + "\n"},
};

class ARequest : public Requests, public ::testing::WithParamInterface<RequestCase> {};

TEST_P(ARequest, ReachesTheModuleAsItWasSent) {
  const Response answer = send(GetParam().request);
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr(GetParam().line));
}

INSTANTIATE_TEST_SUITE_P(, ARequest, ValuesIn(kRequestCases),
                         [](const auto& each) { return std::string(each.param.name); });

TEST_F(Requests, AreRoutedToTheIndexOrTheLongestModuleName) {
  EXPECT_EQ(version_of(get("/")), "1");
  EXPECT_EQ(version_of(get("/about")), "1");
  EXPECT_EQ(version_of(get("/about/")), "1");
  EXPECT_EQ(version_of(get("/index")), "1");
  EXPECT_EQ(version_of(get("/about/us")), "1") << "the rest is path_info";
}

TEST_F(Requests, WithoutARouteAreNotFound) {
  for (const char* path : {"/nowhere", "/widget.menu", "/site.widget.menu", "/../widget/menu",
                           "/lonely", "/aboutus", "/%2e%2e/widget/menu", "/layout/page"}) {
    EXPECT_THAT(get(path).status, ::testing::AnyOf(404, 400)) << path;
  }
}

TEST_F(Requests, GetAContentLengthWithAShortResponse) {
  EXPECT_EQ(get("/lone").header("Content-Length"), "7");
  EXPECT_EQ(get("/answers/empty").header("Content-Length"), "0");
  EXPECT_EQ(get("/answers/empty").status, 200);
}

TEST_F(Requests, GetLongResponsesComplete) {
  const Response answer = get("/answers/long");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body.size(), std::size_t{3} << 20);
}

TEST_F(Requests, GetTheContentTypeThatTheModuleSets) {
  EXPECT_EQ(get("/lone").header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(get("/answers/html").header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(get("/answers/json").header("Content-Type"), "application/json");
}

TEST_F(Requests, WithHeadGetNoBody) {
  for (const char* path : {"/lone", "/answers/long", "/"}) {
    const Response answer = send({.method = "HEAD", .path = path});
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_EQ(answer.body, "");
  }
  EXPECT_EQ(send({.method = "HEAD", .path = "/lone"}).header("Content-Length"), "7");
  EXPECT_EQ(send({.method = "HEAD", .path = "/nowhere"}).status, 404);
}

TEST_F(Requests, GetNoBodyWithStatus204And304) {
  const Response no_content = get("/answers/no-content");
  EXPECT_EQ(no_content.status, 204);
  EXPECT_EQ(no_content.body, "");
  // cpp-httplib waits for the body of a 304 as long as the connection is open.
  const Response not_modified =
      send({.path = "/answers/not-modified", .headers = {{"Connection", "close"}}});
  EXPECT_EQ(not_modified.status, 304);
  EXPECT_EQ(not_modified.body, "");
  EXPECT_EQ(not_modified.header("ETag"), "\"fish\"");
}

TEST_F(Requests, GetTheRedirectOfTheModule) {
  const Response answer = get("/answers/redirect");
  EXPECT_EQ(answer.status, 303);
  EXPECT_THAT(answer.header("Location"), EndsWith("/answers/long"));
}

TEST_F(Requests, GetCookiesWithSafeAttributes) {
  EXPECT_EQ(get("/answers/cookie").header("Set-Cookie"),
            "tank=deep; Path=/; HttpOnly; SameSite=Lax");
}

TEST_F(Requests, MayIncludeTheResponseOfAnotherHandler) {
  EXPECT_EQ(get("/answers/includes").body, "before\nlone 1\nafter\n");
}

TEST_F(Requests, MayBeForwardedToAnotherHandler) {
  const Response answer = get("/answers/forwards");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "lone 1\n");
}

TEST_F(Requests, WithAnotherMethodGetStatus405AndTheAllowedMethods) {
  const Response answer = send({.method = "DELETE", .path = "/answers/only-get"});
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.header("Allow"), "GET, HEAD");
  EXPECT_EQ(get("/answers/only-get").status, 200);
}

TEST_F(Requests, GetTheErrorThatTheModuleSets) {
  const Response answer = get("/answers/teapot");
  EXPECT_EQ(answer.status, 418);
  EXPECT_THAT(answer.body, HasSubstr("short &amp; stout"));
}

/// A path whose module fails, and what the log must say about it.
struct HandlerError {
  const char* path;
  const char* cause;
};
void PrintTo(const HandlerError& error, std::ostream* stream) { *stream << error.path; }

class FailedRequest : public Requests, public ::testing::WithParamInterface<HandlerError> {};

TEST_P(FailedRequest, ShowsTheCauseInTheLogButNotToTheVisitor) {
  const auto [path, cause] = GetParam();
  const Response answer = get(path);
  EXPECT_EQ(answer.status, 500);
  for (const char* inside : {"4711", "nowhere", "answers", "std::", ".so", "32"}) {
    EXPECT_THAT(answer.body, Not(HasSubstr(inside)));
  }
  EXPECT_THAT(log(), HasSubstr(std::string("GET ") + path + ": answers (answers/1): "));
  EXPECT_THAT(log(), ::testing::ContainsRegex(cause));
  EXPECT_EQ(get("/lone").status, 200) << "the next request is served";
}

INSTANTIATE_TEST_SUITE_P(
    , FailedRequest,
    ::testing::Values(HandlerError{"/answers/throws", "the secret is 4711"},
                      HandlerError{"/answers/throws-a-number", "not a std::exception"},
                      HandlerError{"/answers/includes-itself", "nest|deep"},
                      HandlerError{"/answers/forwards-nowhere", "nowhere: no handler"},
                      HandlerError{"/answers/bad-header", "X-Fish"}),
    [](const auto& each) {
      std::string name(each.param.path + 9);
      std::erase(name, '-');
      return name;
    });

TEST_F(Requests, GetAnIncompleteResponseWhenTheModuleFailsHalfway) {
  const Response answer = get("/answers/throws-late");
  EXPECT_EQ(answer.status, 0) << answer.body;
  EXPECT_THAT(log(), HasSubstr("the secret is 4711"));
  EXPECT_EQ(get("/lone").status, 200);
}

TEST_F(Requests, WithATooLargeBodyAreRefusedBeforeAModuleSeesThem) {
  const std::string large((1 << 20) + 1, 'b');
  EXPECT_EQ(send({"POST", "/echo", {{"Content-Type", "a/b"}}, large}).status, 413);
  EXPECT_EQ(send({"POST", "/echo", {{"Content-Type", "a/b"}}, large.substr(1)}).status, 200);
  EXPECT_EQ(get("/echo").status, 200) << "the connection still works, or is replaced";
}

TEST_F(Requests, WhoseBodyTheModuleDoesNotReadDoNotDisturbTheNext) {
  Visitor visitor(port());
  for (const std::size_t size : {10, 100'000, 1'000'000}) {
    const Request request{"POST", "/lone", {{"Content-Type", "a/b"}}, std::string(size, 'b')};
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(visitor.send(request).body, "lone 1\n") << size;
      EXPECT_EQ(visitor.get("/lone").body, "lone 1\n") << size;
    }
  }
}

TEST_F(Requests, GetTheGenerationThatAnsweredInAHeader) {
  EXPECT_EQ(generation("/"), "site/1");
  EXPECT_EQ(generation("/lone"), "lone/1");
  EXPECT_EQ(generation("/answers/throws"), "answers/1");
  EXPECT_EQ(generation("/nowhere"), "");
}

}  // namespace
}  // namespace shoal::system
