#include "daemon/default_configuration.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace shoal::daemon {
namespace {

namespace fs = std::filesystem;

const Installation kLocal{"/usr/local", "bin", "etc/shoal/shoal.yaml"};
const Installation kPackage{"/usr", "bin", "/etc/shoal/shoal.yaml"};

TEST(DefaultConfiguration, IsInThePrefixThatTheProgramIsInstalledIn) {
  EXPECT_EQ(default_configuration("/home/ada/shoal/bin/shoal", kLocal),
            "/home/ada/shoal/etc/shoal/shoal.yaml");
  EXPECT_EQ(default_configuration("/usr/local/bin/shoal", kLocal),
            "/usr/local/etc/shoal/shoal.yaml");
  EXPECT_EQ(default_configuration("/home/ada/libexec/shoal/shoal",
                                  {"/usr/local", "libexec/shoal", "etc/shoal/shoal.yaml"}),
            "/home/ada/etc/shoal/shoal.yaml");
}

TEST(DefaultConfiguration, IsInEtcForThePackage) {
  EXPECT_EQ(default_configuration("/usr/bin/shoal", kPackage), "/etc/shoal/shoal.yaml");
}

TEST(DefaultConfiguration, IsWhereTheBuildPutsItForAProgramElsewhere) {
  EXPECT_EQ(default_configuration("/home/ada/shoal", kLocal), "/usr/local/etc/shoal/shoal.yaml");
  EXPECT_EQ(default_configuration("", kLocal), "/usr/local/etc/shoal/shoal.yaml");
  EXPECT_EQ(default_configuration("/opt/bin/shoal", {"/usr/local", "/opt/bin", "etc/shoal.yaml"}),
            "/usr/local/etc/shoal.yaml");
}

TEST(DefaultConfiguration, IsThatOfTheConfiguredPrefixInABuildFolder) {
  std::string build = (fs::temp_directory_path() / "shoal.XXXXXX").native();
  ASSERT_NE(::mkdtemp(build.data()), nullptr);
  std::ofstream(build + "/CMakeCache.txt");
  EXPECT_EQ(default_configuration(build + "/bin/shoal", kLocal), "/usr/local/etc/shoal/shoal.yaml");
  fs::remove_all(build);
}

}  // namespace
}  // namespace shoal::daemon
