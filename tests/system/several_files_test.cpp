// A drop of several files, one after the other, without `shoal drop`: no page mixes two versions.
#include "built.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;

/// A way to drop version $V of the site, which is in $FROM; dropping_test.cpp has more ways.
struct CopyWay {
  const char* name;
  const char* drop;
  const char* needs = "true";
  // Longer than the time between two commands of the line, also on a slow machine.
  const char* settle = "1200ms";
};
void PrintTo(const CopyWay& way, std::ostream* stream) { *stream << way.name; }

const CopyWay kCopyWays[] = {
    {"Cp", "cp -r $FROM/site $APPS/"},
    {"CpOneByOne", "cd $FROM; for f in site/*/*.so; do cp $f $APPS/$f; sleep 0.05; done"},
    {"Rsync", "rsync -rI $FROM/site $APPS/", "rsync --version"},
    {"RsyncInPlace", "rsync -rI --inplace $FROM/site $APPS/", "rsync --version"},
    {"Tar", "tar -C $FROM -cf - site | tar -C $APPS -xf -"},
    {"ShoalDropThenCp", "$SHOAL drop $FROM --apps $APPS; cp -r $FROM/site $APPS/"},
    {"CpOfTheBaseThenShoalDropOfTheRest",
     "cp -r $FROM $HERE/rest; rm $HERE/rest/site/layout/page.so;"
     "cp $FROM/site/layout/page.so $APPS/site/layout/; $SHOAL drop $HERE/rest --apps $APPS;"
     "rm -r $HERE/rest",
     "true", "4s"},
};

class SeveralFiles : public Site, public ::testing::WithParamInterface<CopyWay> {
 protected:
  SeveralFiles()
      : Site({.sweep = std::string("{ settle: ") + GetParam().settle + ", wait: 60s }"}) {}

  void SetUp() override {
    if (run(GetParam().needs).exit_code != 0) GTEST_SKIP() << GetParam().needs << " fails here";
    drop("1");
    start();
  }
};

TEST_P(SeveralFiles, AreServedAsAWhole) {
  Visitors visitors(port(), 6, {"/", "/about"}, check_page);
  for (const std::string version : {"2", "1", "2"}) {
    visitors.wait_for_responses(20);
    shell("V=" + version + "; FROM=$BUILT/$V; " + GetParam().drop);
    EXPECT_EQ(version_of(get("/")), version);
    EXPECT_EQ(version_of(get("/about")), version);
  }
  expect_no_failure(visitors);
  EXPECT_EQ(said("drop refused"), 0u);
}

INSTANTIATE_TEST_SUITE_P(, SeveralFiles, ::testing::ValuesIn(kCopyWays),
                         [](const auto& way) { return std::string(way.param.name); });

/// A build that links all modules of a group directly into the apps folder, one after the other.
class GroupLinkedInPlace : public Site, public ::testing::WithParamInterface<const char*> {
 protected:
  // Longer than the time between two files that the linker writes, also on a slow machine.
  GroupLinkedInPlace() : Site({.sweep = "{ settle: 3s, wait: 120s }"}) {}

  void SetUp() override {
    const std::string linker = GetParam();
    if (run("command -v ld." + linker).exit_code != 0) GTEST_SKIP() << "no " << linker << " here";
    shell("mkdir -p $APPS/site/layout $APPS/site/screen $APPS/site/widget");
    const std::string compile = std::string(built::kCompiler) + " " + built::kSanitizerFlags +
                                " -std=c++20 -fPIC -fvisibility=hidden -I" + built::kRepository +
                                "/container/sdk/include -I" + built::kRepository +
                                "/tests/modules -c " + built::kRepository + "/tests/modules/site/";
    for (const std::string version : {"1", "2"}) {
      for (const std::string file :
           {"layout/page", "screen/index", "screen/about", "widget/menu"}) {
        shell("mkdir -p $HERE/" + version + "/" + fs::path(file).parent_path().native() + "; " +
              compile + file + ".cpp -DVERSION=" + version + " -o $HERE/" + version + "/" + file +
              ".o");
      }
    }
    link("1");
    start();
  }

  void link(const std::string& version) {
    shell("V=" + version + "; link() { f=$1; shift; " + built::kCompiler + " " +
          built::kSanitizerFlags + " -shared -fuse-ld=" + GetParam() +
          " -Wl,-z,now $HERE/$V/$f.o -o $APPS/site/$f.so \"$@\" -L" + built::kFolder +
          "/lib -lshoal; }; link layout/page -Wl,-soname,'$ORIGIN/site.layout.page.so';"
          "for f in screen/index screen/about; do link $f $APPS/site/layout/page.so; done;"
          "link widget/menu");
  }
};

TEST_P(GroupLinkedInPlace, IsServedAsAWhole) {
  Visitors visitors(port(), 4, {"/", "/about"}, check_page);
  for (const std::string version : {"2", "1"}) {
    visitors.wait_for_responses(20);
    link(version);
    EXPECT_EQ(version_of(get("/")), version);
    EXPECT_EQ(version_of(get("/about")), version);
  }
  expect_no_failure(visitors);
  EXPECT_EQ(said("drop refused"), 0u);
}

INSTANTIATE_TEST_SUITE_P(, GroupLinkedInPlace, ::testing::Values("bfd", "gold", "lld"),
                         [](const auto& linker) { return std::string(linker.param); });

}  // namespace
}  // namespace shoal::system
