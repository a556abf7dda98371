#pragma once

#include <string>

#include "site.hpp"

namespace shoal::system {

/// A site that comes in releases: each is a folder of its own. To release it, the link `site` in
/// the apps folder is replaced by one to that folder. So all files of a drop change at the same
/// moment, and the result does not depend on time.
class Releases : public Site {
 protected:
  explicit Releases(SiteOptions options = {.sweep = "{ settle: 50ms, wait: 60s }"})
      : Site(std::move(options)) {}

  void SetUp() override {
    release("1");
    start();
  }

  /// Releases this version of the site. `change` is shell that changes the new folder before.
  void release(const std::string& version, const std::string& change = ":") {
    shell("next=$HERE/release." + std::to_string(++releases_) + "; cp -r $BUILT/" + version +
          "/site $next; cd $next; " + change +
          "; ln -s $next $HERE/link; mv -T $HERE/link $APPS/site");
  }

  void expect_version(const std::string& version) {
    EXPECT_EQ(version_of(get("/")), version);
    EXPECT_EQ(version_of(get("/about")), version);
  }

 private:
  unsigned releases_ = 0;
};

}  // namespace shoal::system
