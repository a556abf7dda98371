#include "generations/context.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "unit/generations/settings_of.hpp"
#include "unit/releases/logged.hpp"

namespace shoal::generations {
namespace {

using releases::Logged;

TEST(TheContext, TellsAModuleWhoItIs) {
  const ModuleContext context("site.home", "site", 12, settings_of({{"title", "Welcome"}}));
  EXPECT_EQ(context.module(), "site.home");
  EXPECT_EQ(context.group(), "site");
  EXPECT_EQ(context.generation(), 12u);
  EXPECT_EQ(context.config().get<std::string>("title"), "Welcome");
}

TEST(TheContext, LogsInTheNameOfTheModule) {
  const ModuleContext context("site.home", "site", 12, {});
  const Logged logged;
  context.log(LogLevel::kInfo, "open");
  context.log(LogLevel::kWarning, "odd");
  context.log(LogLevel::kError, "bad");
  EXPECT_EQ(logged.text(),
            "info site.home (site/12): open\n"
            "warning site.home (site/12): odd\n"
            "error site.home (site/12): bad\n");
}

TEST(TheContext, LetsNobodyForgeALine) {
  const ModuleContext context("site.home", "site", 12, {});
  const Logged logged;
  context.log(LogLevel::kInfo, "{} a\nerror forged\x1b[2J");
  EXPECT_EQ(logged.text(), "info site.home (site/12): {} a\\x0aerror forged\\x1b[2J\n");
}

TEST(TheContext, WarnsOfSettingsThatNobodyAskedFor) {
  const ModuleContext context("site.home", "site", 12,
                              settings_of({{"title", "Welcome"}, {"titel", "Welcom"}}));
  context.config().get<std::string>("title");
  const Logged logged;
  context.report_unused_settings();
  EXPECT_THAT(logged.text(), testing::HasSubstr("titel"));
  EXPECT_THAT(logged.text(), testing::Not(testing::HasSubstr("title:")));
}

}  // namespace
}  // namespace shoal::generations
