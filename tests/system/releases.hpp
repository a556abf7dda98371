#pragma once

#include <iostream>
#include <string>

#include "site.hpp"

namespace shoal::system {

/// The site in releases: each is a folder of its own, and becomes `site` of the apps folder by the
/// flip of a link. So a drop of many files is one moment, and what comes of it is no matter of
/// time.
class Releases : public Site {
 protected:
  explicit Releases(Plan plan = {.sweep = "{ settle: 50ms, wait: 60s }"}) : Site(std::move(plan)) {}

  void SetUp() override {
    release("1");
    start();
  }

  /// Releases this version of the site; `change` is what happens to its folder before, in shell.
  void release(const std::string& version, const std::string& change = ":") {
    shell("next=$HERE/release." + std::to_string(++releases_) + "; cp -r $BUILT/" + version +
          "/site $next; cd $next; " + change +
          "; ln -s $next $HERE/flip; mv -T $HERE/flip $APPS/site");
  }

  /// The line of the log that tells of the first refusal.
  std::string refusal() const {
    const std::string all = log();
    const auto at = all.find("drop refused: ");
    return at == std::string::npos ? "none" : all.substr(at, all.find('\n', at) - at);
  }

  void expect_version(const std::string& version) {
    EXPECT_EQ(version_of(get("/")), version);
    EXPECT_EQ(version_of(get("/about")), version);
  }

  /// Ends the load. `fault` is what tests/README.md calls what happened meanwhile, if it is there.
  static void expect_no_failure(Clients& clients, const std::string& fault = "") {
    const auto [requests, failed, problems] = clients.stop();
    EXPECT_EQ(failed, 0u) << "of " << requests << ": " << ::testing::PrintToString(problems);
    if (!fault.empty())
      std::cout << "| " << fault << " | " << failed << " of " << requests << " |\n";
  }

 private:
  unsigned releases_ = 0;
};

}  // namespace shoal::system
