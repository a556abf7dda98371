#include "generations/generation.hpp"

#include "generations/holders.hpp"
#include "releases/linking/load_error.hpp"
#include "unit/generations/building.hpp"
#include "unit/generations/settings_of.hpp"
#include "unit/releases/apps/apps_folder.hpp"
#include "unit/releases/built.hpp"
#include "unit/releases/logged.hpp"

namespace shoal::generations {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::Not;
using testing::StartsWith;

class Generations : public AppsFolder {
 protected:
  std::shared_ptr<Generation> load(const std::string& version,
                                   const std::vector<std::string>& modules,
                                   const Configs& configs = {}) {
    Files files;
    for (const auto& module : modules) files[module] = file_at(built(version, module));
    return build(order_of("group", ++number_, files), stages_, configs);
  }

  /// Why it cannot be loaded; a text that matches nothing when it can.
  std::string refusal_of(const std::string& version, const std::vector<std::string>& modules,
                         const Configs& configs = {}) {
    try {
      load(version, modules, configs);
    } catch (const LoadError& error) {
      return error.what();
    }
    return "was loaded";
  }

  unsigned long number_ = 0;
  Stages stages_{run()};
};

TEST_F(Generations, MakeTheHandlersOfTheirModules) {
  const auto pond = load("v1", {"pond.base", "pond.left", "pond.right"});
  EXPECT_EQ(pond->label(), "group/1");
  EXPECT_EQ(pond->group(), "group");
  EXPECT_EQ(pond->number(), 1u);
  EXPECT_EQ(pond->staged().modules.size(), 3u);
  EXPECT_THAT(pond->handlers(), ElementsAre(Key("pond.left"), Key("pond.right")));
  EXPECT_EQ(answer_of(*pond->handlers().at("pond.left")), "left 1 on base 1");
  EXPECT_EQ(answer_of(*pond->handlers().at("pond.right")), "right 1 on base 1");
}

TEST_F(Generations, OfTheSameModulesLiveSideBySide) {
  const auto first = load("v1", {"pond.base", "pond.left"});
  const auto second = load("v2", {"pond.base", "pond.left"});
  const auto third = load("v1", {"pond.base", "pond.left"});
  EXPECT_EQ(answer_of(*first->handlers().at("pond.left")), "left 1 on base 1");
  EXPECT_EQ(answer_of(*second->handlers().at("pond.left")), "left 2 on base 2");
  EXPECT_EQ(answer_of(*third->handlers().at("pond.left")), "left 1 on base 1");
  EXPECT_NE(first->handlers().at("pond.left"), third->handlers().at("pond.left"));
}

TEST_F(Generations, MayHaveNoHandlerAtAll) {
  const auto shelf = load("v1", {"shelf"});
  EXPECT_TRUE(shelf->handlers().empty());
  EXPECT_TRUE(still_mapped(shelf->folder()));
}

TEST_F(Generations, HandEachModuleItsOwnSettings) {
  const auto diary = folder() / "diary";
  {
    const auto lone = load("v1", {"lone"}, {{"lone", settings_of({{"diary", diary}})}});
    EXPECT_THAT(read("diary"), StartsWith("made 1 by thread "));
    EXPECT_THAT(read("diary"), Not(HasSubstr("gone")));
  }
  EXPECT_THAT(read("diary"), HasSubstr("gone 1 by thread "));
}

TEST_F(Generations, WarnOfSettingsThatNoModuleAskedFor) {
  const Logged logged;
  load("v1", {"lone"}, {{"lone", settings_of({{"dairy", "x"}})}});
  EXPECT_THAT(logged.text(), HasSubstr("dairy"));
}

TEST_F(Generations, LeaveNothingBehind) {
  std::filesystem::path stage;
  {
    const auto pond = load("v1", {"pond.base", "pond.left"});
    stage = pond->folder();
    EXPECT_TRUE(still_mapped(stage));
    EXPECT_TRUE(std::filesystem::exists(stage));
  }
  EXPECT_FALSE(still_mapped(stage));
  EXPECT_FALSE(std::filesystem::exists(stage));
}

TEST_F(Generations, AreRefusedForWhatAConstructorThrows) {
  const std::string file = built("throws", "lone").native();
  EXPECT_EQ(refusal_of("throws", {"lone"}),
            file +
                ": its constructor threw: no database\\x0aforged line; fix the module, its "
                "settings or what it needs, and drop it again");
  EXPECT_EQ(refusal_of("throws_a_number", {"lone"}),
            built("throws_a_number", "lone").native() +
                ": its constructor threw something that is not a std::exception; fix the module, "
                "its settings or what it needs, and drop it again");
}

TEST_F(Generations, TellThatNoStepIsUnderWayWhenOneHasFailed) {
  for (const char* version : {"throws", "missing_symbol", "v1"}) {
    std::vector<Step> steps;
    const auto note = [&](Step step, const Generation&, const std::string&) {
      steps.push_back(step);
    };
    const Files files{{"lone", file_at(built(version, "lone"))}};
    try {
      build(order_of("lone", ++number_, files), stages_, {}, note);
    } catch (const LoadError&) {
    }
    ASSERT_GE(steps.size(), 2u) << version;
    EXPECT_EQ(steps.back(), Step::kNothing) << version;
  }
}

TEST_F(Generations, AreRefusedForASettingThatIsMissing) {
  EXPECT_THAT(refusal_of("slow1", {"lone"}), HasSubstr("\"latches\" is missing"));
}

TEST_F(Generations, AreRefusedForASymbolThatNobodyHas) {
  EXPECT_EQ(refusal_of("missing_symbol", {"lone"}),
            built("missing_symbol", "lone").native() +
                ": undefined symbol: nobody_has_this; link it with -z defs and drop it with all "
                "that it needs");
}

TEST_F(Generations, AreRefusedWhereAMemberLacksWhatAnotherNeeds) {
  // The child is linked to a base of another build, which has lost a function since.
  std::filesystem::create_directories(apps() / "pond");
  std::filesystem::copy_file(built("v1", "shelf"), apps() / "pond/base.so");
  Files files{{"pond.base", file_at(apps() / "pond/base.so")},
              {"pond.left", file_at(built("v1", "pond.left"))}};
  try {
    build(order_of("pond", 1, files), stages_);
    FAIL() << "loaded without its base";
  } catch (const LoadError& error) {
    EXPECT_THAT(error.what(), StartsWith(built("v1", "pond.left").native() + ": undefined symbol"));
    EXPECT_THAT(error.what(), Not(HasSubstr(run().native()))) << "the author knows no stage";
  }
}

TEST_F(Generations, LeaveNothingBehindWhenTheyAreRefused) {
  for (const char* version : {"throws", "throws_a_number", "missing_symbol"}) {
    EXPECT_NE(refusal_of(version, {"lone"}), "was loaded");
    EXPECT_FALSE(still_mapped(run()));
    EXPECT_THAT(stages_.stages(), testing::IsEmpty());
  }
}

TEST_F(Generations, AreNotMadeOfFilesThatChangedMeanwhile) {
  std::filesystem::copy_file(built("v1", "lone"), apps() / "lone.so");
  const Files files{{"lone", file_at(apps() / "lone.so")}};
  sh("touch apps/lone.so");
  EXPECT_THROW(build(order_of("lone", 1, files), stages_), FilesChanged);
}

}  // namespace
}  // namespace shoal::generations
