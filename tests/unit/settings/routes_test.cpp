// The `routes` key.

#include "configuration.hpp"

namespace shoal::settings {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class RoutesKey : public Configuration {
 protected:
  /// Returns a file with these routes. The first is on line 5.
  static std::string routing(const std::string& yaml) {
    return "listen: fd:0\napps: apps\nrun: run\nroutes:\n" + yaml;
  }
  std::string error(const std::string& yaml) const { return error_of(routing(yaml)); }
};

TEST_F(RoutesKey, AreSortedLongestPrefixFirst) {
  const auto routes =
      settings_of(routing("  /: aquarium.screen\n  /hello/world: hello\n  /hello: hello-2\n"))
          .routes;
  ASSERT_EQ(routes.size(), 3u);
  EXPECT_EQ(routes[0].prefix, "/hello/world");
  EXPECT_EQ(routes[1].prefix, "/hello");
  EXPECT_EQ(routes[1].target, "hello-2");
  EXPECT_EQ(routes[2].prefix, "/");
  EXPECT_EQ(routes[2].where, file().string() + ":5");
}

TEST_F(RoutesKey, RefusesPrefixesThatAreWrittenWrong) {
  EXPECT_EQ(error("  hello: hello\n"),
            "shoal.yaml:5: routes.hello: a URL prefix must begin with a slash; write \"/hello\"");
  EXPECT_THAT(error("  hello/: hello\n"), HasSubstr("write \"/hello\""));
  EXPECT_EQ(
      error("  /hello/: hello\n"),
      "shoal.yaml:5: routes./hello/: a URL prefix must not end with a slash; write \"/hello\"");
  EXPECT_THAT(error("  /hello?name=you: hello\n"),
              HasSubstr("must not have a query or a fragment"));
}

TEST_F(RoutesKey, MayHaveATimeoutOfTheirOwn) {
  const auto routes =
      settings_of(routing("  /report: { module: report, request_timeout: 5m }\n  /: hello\n"))
          .routes;
  EXPECT_EQ(routes.at(0).target, "report");
  EXPECT_EQ(routes.at(0).request_timeout, std::chrono::minutes(5));
  EXPECT_FALSE(routes.at(1).request_timeout);
  EXPECT_EQ(error("  /a: { request_timeout: 5m }\n"),
            "shoal.yaml:5: routes./a.module: missing; add it, as in \"module: hello\"");
  EXPECT_THAT(error("  /a: { modul: hello }\n"), HasSubstr("2 errors"));
}

TEST_F(RoutesKey, CollectBodiesUnlessTheyAreStreamed) {
  const auto routes =
      settings_of(routing("  /upload: { module: upload, body: stream }\n"
                          "  /report: { module: report, body: collect }\n  /: hello\n"))
          .routes;
  ASSERT_EQ(routes.size(), 3u);
  EXPECT_TRUE(routes[0].streams_body);
  EXPECT_FALSE(routes[1].streams_body);
  EXPECT_FALSE(routes[2].streams_body);
  EXPECT_EQ(error("  /a: { module: hello, body: streem }\n"),
            "shoal.yaml:5: routes./a.body: \"streem\" is not one of collect, stream; did you mean "
            "\"stream\"?");
  EXPECT_THAT(error("  /a: { module: hello, body: 8MiB }\n"), HasSubstr("write one of these"));
}

TEST_F(RoutesKey, MayHaveABoundOfThreads) {
  const auto routes =
      settings_of(routing("  /report: { module: report, threads: 4 }\n"
                          "  /upload: { module: upload, body: stream }\n  /: hello\n"))
          .routes;
  ASSERT_EQ(routes.size(), 3u);
  EXPECT_EQ(routes[0].threads, 4u);
  EXPECT_EQ(routes[1].threads, 0u) << "half of workers.threads is not filled in here";
  EXPECT_EQ(routes[2].threads, 0u);
  EXPECT_EQ(error("  /a: { module: hello, threads: 0 }\n"),
            "shoal.yaml:5: routes./a.threads: 0 is out of range; write 1 to 1024");
  EXPECT_EQ(error("  /a: { module: hello, thread: 4 }\n"),
            "shoal.yaml:5: routes./a.thread: unknown key; did you mean \"threads\"?");
}

TEST_F(RoutesKey, MayNotHaveMoreThreadsThanTheProcess) {
  EXPECT_EQ(error("  /a: { module: hello, threads: 65 }\n"),
            "shoal.yaml:5: routes./a.threads: 65 is more than workers.threads, which is 64; lower "
            "it, or raise workers.threads");
  const std::string eight = "  /a: { module: hello, threads: 8 }\n";
  EXPECT_EQ(error(eight + "workers: { threads: 4 }\n"),
            "shoal.yaml:5: routes./a.threads: 8 is more than workers.threads, which is 4; lower "
            "it, or raise workers.threads")
      << "workers may come after routes";
  EXPECT_EQ(settings_of(routing(eight + "workers: { threads: 8 }\n")).routes[0].threads, 8u);
}

TEST_F(RoutesKey, AreNotComparedWithANumberOfThreadsThatIsWrong) {
  EXPECT_EQ(error("  /a: { module: hello, threads: 1000 }\nworkers: { threads: many }\n"),
            "shoal.yaml:6: workers.threads: \"many\" is not a whole number; write 1 to 1024");
}

TEST_F(RoutesKey, ReportErrorsOfThreadsInTheOrderOfTheFile) {
  EXPECT_THAT(errors_of(routing("  /a: { module: hello, threads: 8 }\n"
                                "  /b/c: { module: hello, threads: 9 }\n"
                                "workers: { threads: 4, queue: 0 }\n")),
              ElementsAre(StartsWith("shoal.yaml:5: routes./a.threads: 8 is more than"),
                          StartsWith("shoal.yaml:6: routes./b/c.threads: 9 is more than"),
                          StartsWith("shoal.yaml:7: workers.queue: 0 is out of range")));
}

TEST_F(RoutesKey, RefusesPrefixesThatMatchNoRequest) {
  for (const char* prefix : {"/a//b", "//a", "/a/./b", "/a/..", "/../a"}) {
    EXPECT_THAT(error("  " + std::string(prefix) + ": hello\n"), HasSubstr("no request has such"));
  }
  EXPECT_EQ(settings_of(routing("  /.well-known: hello\n  /a..b: hello\n")).routes.size(), 2u);
}

TEST_F(RoutesKey, RefusesAPrefixThatIsGivenTwice) {
  EXPECT_EQ(error("  /hello: hello\n  \"/hello\": other\n"),
            "shoal.yaml:6: routes./hello: given twice, first on line 5; remove one of the two");
}

TEST_F(RoutesKey, RefusesTargetsThatAreNotDottedNames) {
  EXPECT_THAT(error("  /hello: hello.so/\n"),
              StartsWith("shoal.yaml:5: routes./hello: \"hello.so/\" "
                         "is not a dotted name"));
  EXPECT_THAT(error("  /hello:\n"), HasSubstr("routes./hello: has no value"));
  EXPECT_THAT(error("  /hello: [hello]\n"), HasSubstr("routes./hello: is a list"));
}

TEST_F(RoutesKey, ReportsErrorsOfPrefixAndTargetAtOnce) {
  EXPECT_THAT(
      errors_of(routing("  hello: hello/\n")),
      ElementsAre(HasSubstr("a URL prefix must begin with"), HasSubstr("is not a dotted name")));
}

TEST_F(RoutesKey, RefusesAListOfRoutes) {
  EXPECT_THAT(error("  - /hello: hello\n"), HasSubstr("routes: is a list; write a mapping"));
}

}  // namespace
}  // namespace shoal::settings
