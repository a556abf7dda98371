#include "serving/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shoal::serving {
namespace {

/// A router and a snapshot of modules. `where` returns `module path_info` for a path.
class Routing : public testing::Test {
 protected:
  using Prefixes = std::vector<std::pair<std::string, std::string>>;

  void routes(const Prefixes& prefixes) { router_ = Router(made_of(prefixes)); }

  void modules(const std::vector<std::string>& names) {
    snapshot_ = std::make_shared<generations::Snapshot>(
        generations::Snapshot::Generations(), std::set<std::string>(names.begin(), names.end()));
  }

  Visit routed(std::string_view path) const {
    Visit visit;
    visit.path = path;
    visit.snapshot = snapshot_;
    visit.route = router_.route_of(visit.path);
    Router::set_destination(visit);
    return visit;
  }

  std::string target_of(std::string_view path) const {
    const Visit visit = routed(path);
    return visit.route != nullptr ? visit.destination : "none";
  }

  std::string where(std::string_view path) const {
    Visit visit = routed(path);
    if (visit.route == nullptr) return "no route";
    Router::find(visit);
    if (visit.entry == nullptr) return "nothing";
    EXPECT_EQ(visit.entry, snapshot_->find(visit.module));
    return visit.path_info.empty() ? visit.module : visit.module + " " + visit.path_info;
  }

  static std::vector<Route> made_of(const Prefixes& prefixes) {
    std::vector<Route> routes;
    for (const auto& [prefix, target] : prefixes) routes.push_back({{}, prefix, target});
    return routes;
  }

  Router router_{made_of({{"/hello", "hello"}, {"/", "site.screen"}})};
  std::shared_ptr<const generations::Snapshot> snapshot_ = std::make_shared<generations::Snapshot>(
      generations::Snapshot::Generations(), std::set<std::string>());
};

TEST_F(Routing, TakesTheRouteWithTheLongestPrefix) {
  routes({{"/a/b/c", "deep"}, {"/a/b", "mid"}, {"/", "top"}});
  EXPECT_EQ(target_of("/a/b/c"), "deep");
  EXPECT_EQ(target_of("/a/b/c/d"), "deep.d");
  EXPECT_EQ(target_of("/a/b"), "mid");
  EXPECT_EQ(target_of("/a/b/x"), "mid.x");
  EXPECT_EQ(target_of("/a"), "top.a");
  EXPECT_EQ(target_of("/"), "top");
}

TEST_F(Routing, TellsTheServerWhatTheRouteAllows) {
  const Route upload{{.threads = 4, .streams_body = true}, "/upload", "upload"};
  const Router router({upload});
  const fastcgi::RouteRules* const rules = router.route_of("/upload/x");
  ASSERT_NE(rules, nullptr);
  EXPECT_EQ(rules->threads, 4u);
  EXPECT_TRUE(rules->streams_body);
  EXPECT_EQ(router.route_of("/upload"), rules) << "requests of a route share its bound";
  EXPECT_EQ(router.route_of("/other"), nullptr);
}

TEST_F(Routing, MatchesAPrefixOnlyUpToTheEndOfASegment) {
  EXPECT_EQ(target_of("/hello"), "hello");
  EXPECT_EQ(target_of("/hello/"), "hello");
  EXPECT_EQ(target_of("/hello/x"), "hello.x");
  EXPECT_EQ(target_of("/hellos"), "site.screen.hellos");
}

TEST_F(Routing, FindsNoRouteForAPathThatNoPrefixCovers) {
  routes({{"/hello", "hello"}});
  for (const char* path : {"", "/", "/other", "/hell", "*", "hello", "http://host/hello"}) {
    EXPECT_EQ(where(path), "no route") << path;
  }
  routes({});
  EXPECT_EQ(where("/"), "no route");
  routes({{"/", "site"}});
  EXPECT_EQ(where(""), "no route");
  EXPECT_EQ(where("*"), "no route");
}

TEST_F(Routing, FindsTheLongestModuleName) {
  modules({"site.screen.about", "site.screen.about.team", "hello"});
  EXPECT_EQ(where("/about"), "site.screen.about");
  EXPECT_EQ(where("/about/team"), "site.screen.about.team");
  EXPECT_EQ(where("/about/team/ada/x"), "site.screen.about.team /ada/x");
  EXPECT_EQ(where("/about/history"), "site.screen.about /history");
  EXPECT_EQ(where("/about/teams"), "site.screen.about /teams");
  EXPECT_EQ(where("/abou"), "nothing");
  EXPECT_EQ(where("/"), "nothing");
}

TEST_F(Routing, PassesOnTheRestOfThePathUnchanged) {
  modules({"hello"});
  EXPECT_EQ(where("/hello"), "hello");
  EXPECT_EQ(where("/hello/"), "hello /");
  EXPECT_EQ(where("/hello//a/../b c%20\xc3\xa4/"), "hello //a/../b c%20\xc3\xa4/");
}

TEST_F(Routing, FindsTheIndexForItsFolder) {
  modules({"site.screen.index", "site.screen.about.index"});
  EXPECT_EQ(where("/"), "site.screen.index");
  EXPECT_EQ(where("/about"), "site.screen.about.index");
  EXPECT_EQ(where("/about/"), "site.screen.about.index");
  EXPECT_EQ(where("/index"), "site.screen.index");
  EXPECT_EQ(where("/index/more"), "site.screen.index /more");
}

TEST_F(Routing, DoesNotFindAnIndexForAPathToNoModule) {
  modules({"site.screen.index", "site.screen.about.index"});
  for (const char* path : {"/nothing", "/about/nothing", "//", "/about//", "/a.b", "/."}) {
    EXPECT_EQ(where(path), "nothing") << path;
  }
}

TEST_F(Routing, PrefersAModuleToTheIndexOfTheFolderOfThatName) {
  modules({"site.screen.about", "site.screen.about.index"});
  EXPECT_EQ(where("/about"), "site.screen.about");
  EXPECT_EQ(where("/about/"), "site.screen.about /");
}

TEST_F(Routing, PrefersADeeperIndexToAShorterModule) {
  modules({"site.screen.about", "site.screen.about.team.index"});
  EXPECT_EQ(where("/about/team"), "site.screen.about.team.index");
  EXPECT_EQ(where("/about/team/x"), "site.screen.about /team/x");
}

TEST_F(Routing, FindsOnlyModulesBelowTheTargetOfARoute) {
  modules({"site.screen.about", "site.layout", "other"});
  for (const char* path : {"/.site.layout", "/../layout", "/screen.about", "/..", "/../other",
                           "/about.team", "/site.layout", "/%2e%2e/layout"}) {
    EXPECT_EQ(where(path), "nothing") << path;
  }
  modules({"site.screen", "site.screen.a.b"});
  EXPECT_EQ(where("/a.b"), "site.screen /a.b") << "a dot in a path is not a dot in a name";
}

TEST_F(Routing, EndsTheNameBeforeTheFirstSegmentThatCannotBePartOfOne) {
  EXPECT_EQ(target_of("/a/b c/d"), "site.screen.a");
  EXPECT_EQ(target_of("/a//d"), "site.screen.a");
  EXPECT_EQ(target_of(std::string_view("/a/b\0/d", 7)), "site.screen.a");
  EXPECT_EQ(target_of("/a/\xff/d"), "site.screen.a");
}

TEST_F(Routing, BoundsTheNameForAVeryLongPath) {
  modules({"site.screen.a"});
  std::string path;
  for (int i = 0; i < 100'000; ++i) path += "/a";
  EXPECT_LE(target_of(path).size(), 200u);
  EXPECT_EQ(where(path), "site.screen.a " + path.substr(2));
  EXPECT_EQ(where(std::string(100'000, '/')), "nothing");
}

}  // namespace
}  // namespace shoal::serving
