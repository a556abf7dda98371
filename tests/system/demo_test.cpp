#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

#include "built.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// The modules that come with Shoal, routed as conf/shoal.yaml routes them.
class Demo : public Site {
 protected:
  Demo() : Site({.routes = "{ /: aquarium.screen, /guestbook: guestbook, /upload: upload }"}) {
    shell(std::string("cp -r ") + built::kFolder + "/apps/. $APPS");
  }

  /// Returns the links of a page's navigation.
  static std::vector<std::string> links(const std::string& page) {
    const std::string start = "<a href=\"";
    const auto end = page.find("</nav>");
    std::vector<std::string> found;
    for (auto at = page.find(start, page.find("<nav")); at < end; at = page.find(start, at + 1)) {
      const auto begin = at + start.size();
      found.push_back(page.substr(begin, page.find('"', begin) - begin));
    }
    return found;
  }

  static Request form_post(const std::string& path, const std::string& body) {
    return {.method = "POST",
            .path = path,
            .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
            .body = body};
  }

  /// Expects a complete page in the layout of the aquarium.
  void expect_in_layout(int status, const Request& request) {
    const Response answer = send(request);
    EXPECT_EQ(answer.status, status) << request.path;
    EXPECT_THAT(answer.body,
                AllOf(StartsWith("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"),
                      HasSubstr(" · Aquarium</title>"), HasSubstr("--water: #"),
                      HasSubstr("<p class=\"brand\">Aquarium</p>"), HasSubstr("</header>\n<main "),
                      HasSubstr("Answered by generation <strong>1</strong>"),
                      EndsWith("</footer>\n</body>\n</html>\n")))
        << request.path;
    EXPECT_EQ(links(answer.body), links(get("/").body)) << request.path;
  }
};

TEST_F(Demo, LinksEveryPageToEveryOther) {
  start();
  const auto pages = links(get("/").body);
  ASSERT_THAT(pages,
              ::testing::UnorderedElementsAre("/", "/about", "/contact", "/guestbook", "/upload"));
  for (const std::string& page : pages) {
    expect_in_layout(200, {.path = page});
    EXPECT_THAT(get(page).body, HasSubstr("<a href=\"" + page + "\" aria-current=\"page\">"));
  }
}

TEST_F(Demo, ShowsErrorsInTheLayoutOfThePages) {
  start();
  expect_in_layout(404, {.path = "/about/nothing"});
  expect_in_layout(404, {.path = "/guestbook/nothing"});
  expect_in_layout(405, {.method = "DELETE", .path = "/about"});
  expect_in_layout(405, {.method = "DELETE", .path = "/guestbook"});
  expect_in_layout(405, {.method = "DELETE", .path = "/upload"});
  expect_in_layout(422, form_post("/contact", "name=&message="));
  expect_in_layout(422, form_post("/guestbook", "name=&message="));
}

TEST_F(Demo, ThanksForAnEntryOnThePageThatListsIt) {
  start();
  const Response answer = send(form_post("/guestbook", "name=Ada&message=A+fine+tank"));
  EXPECT_EQ(answer.status, 303);
  EXPECT_EQ(answer.header("Location"), "?signed=1");
  expect_in_layout(200, {.path = "/guestbook?signed=1"});
  EXPECT_THAT(get("/guestbook?signed=1").body,
              AllOf(HasSubstr("Thank you for signing."), HasSubstr("<strong>Ada</strong>")));
}

TEST_F(Demo, KeepsTheGuestBookWhenTheAquariumIsReplacedOrRemoved) {
  start();
  EXPECT_EQ(generation("/"), "aquarium/1");
  // The same bytes would be no new generation.
  shell("cd $APPS; cp aquarium/layout/page.so .new; echo >> .new; mv .new aquarium/layout/page.so");
  EXPECT_EQ(generation("/"), "aquarium/2");
  EXPECT_THAT(get("/guestbook").body, HasSubstr("<p class=\"brand\">Aquarium</p>"));
  EXPECT_EQ(generation("/guestbook"), "guestbook/1");

  shell("rm -r $APPS/aquarium");
  EXPECT_EQ(get("/").status, 404);
  for (const std::string page : {"/guestbook", "/upload"}) {
    const Response answer = get(page);
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, AllOf(HasSubstr("<h1>"), Not(HasSubstr("<nav")),
                                   EndsWith("</footer>\n</body>\n</html>\n")));
  }
}

}  // namespace
}  // namespace shoal::system
