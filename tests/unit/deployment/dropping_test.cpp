// What a visitor sees of drops: fresh, together, never worse.
#include <atomic>
#include <barrier>

#include "serving.hpp"

namespace shoal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class Sweeping : public Serving, public testing::WithParamInterface<releases::WatchMode> {
 protected:
  Sweeping() {
    rules_.watch = GetParam();
    rules_.interval = std::chrono::milliseconds(0);
  }
};

INSTANTIATE_TEST_SUITE_P(By, Sweeping,
                         testing::Values(releases::WatchMode::kInotify, releases::WatchMode::kStat),
                         [](const auto& each) {
                           return each.param == releases::WatchMode::kStat ? "Stat" : "Inotify";
                         });

TEST_P(Sweeping, ServesFromTheStartWhatLiesThere) {
  drop_pond("v1");
  drop("v1", "lone");
  serve();
  EXPECT_EQ(get("lone"), "lone 1");
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
  EXPECT_EQ(get("pond.base"), "404") << "a library answers nobody";
  EXPECT_EQ(get("nothing"), "404");
  EXPECT_THAT(modules("pond"), ElementsAre("pond.base", "pond.left", "pond.right"));
  EXPECT_EQ(label("pond"), "pond/1");
  EXPECT_TRUE(container_->group("pond").swept);
}

TEST_P(Sweeping, GivesTheNewCodeToTheFirstRequestAfterEachWayOfDropping) {
  sh("mkdir -p releases/1 releases/2 apps/site; ln -s ../releases/1 apps/folder");
  sh("cp '" + built("v1", "lone").native() + "' releases/1/lone.so");
  sh("cp '" + built("v2", "lone").native() + "' releases/2/lone.so");
  sh("cp releases/1/lone.so apps/lone.so; cp releases/1/lone.so apps/site");
  serve();
  EXPECT_EQ(get("lone"), "lone 1");
  for (const char* way : {"cp NEW apps/lone.so", "cp NEW apps/.new; mv apps/.new apps/lone.so",
                          "install NEW apps/lone.so", "ln -sfn ../NEW apps/lone.so",
                          "cp --remove-destination -p NEW apps/lone.so",
                          "touch -d 2001-01-01 NEW; cp --remove-destination -p NEW apps/lone.so",
                          "ln -f NEW apps/lone.so", "rm apps/lone.so; cp NEW apps/lone.so",
                          "rm apps/lone.so; cp NEW apps/lone.so; strip -S apps/lone.so"}) {
    for (const char* number : {"2", "1"}) {
      std::string command = way;
      for (auto at = command.find("NEW"); at != std::string::npos; at = command.find("NEW")) {
        command.replace(at, 3, "releases/" + std::string(number) + "/lone.so");
      }
      sh(command);
      ASSERT_EQ(get("lone"), "lone " + std::string(number)) << command;
    }
  }
  EXPECT_EQ(get("folder.lone"), "lone 1");
  sh("ln -sfn ../releases/2 apps/folder");
  EXPECT_EQ(get("folder.lone"), "lone 2");
  EXPECT_EQ(get("site.lone"), "lone 1");
  EXPECT_EQ(label("site"), "site/1");
}

TEST_P(Sweeping, FlipsTheAppsFolderItself) {
  apps_served_ = folder() / "current/apps";
  sh("mkdir -p r/1/apps r/2/apps; ln -s r/1 current");
  sh("cp '" + built("v1", "lone").native() + "' r/1/apps");
  sh("cp '" + built("v2", "lone").native() + "' r/2/apps");
  serve();
  EXPECT_EQ(get("lone"), "lone 1");
  sh("ln -sfn r/2 current");
  EXPECT_EQ(get("lone"), "lone 2");
  sh("ln -sfn r/1 current");
  EXPECT_EQ(get("lone"), "lone 1") << "a roll-back is a drop";
  sh("ln -sfn r/3 current");
  EXPECT_EQ(get("lone"), "lone 1") << "nothing is there";
  sh("cp -r r/2 r/3");
  EXPECT_EQ(get("lone"), "lone 2");
}

TEST_P(Sweeping, ReplacesAWholeGroupForOneStaleMember) {
  drop_pond("v1");
  drop("v1", "lone");
  serve();
  drop("v2", "pond.base");
  EXPECT_EQ(get("pond.left"), "left 1 on base 2");
  EXPECT_EQ(get("pond.right"), "right 1 on base 2");
  EXPECT_EQ(label("pond"), "pond/2");
  EXPECT_EQ(label("lone"), "lone/1");
  drop("v2", "pond.right");
  EXPECT_EQ(get("pond.left"), "left 1 on base 2");
  EXPECT_EQ(get("pond.right"), "right 2 on base 2");
  EXPECT_EQ(label("pond"), "pond/3");
}

TEST_P(Sweeping, LoadsOnceForManyConcurrentRequests) {
  drop_pond("v1");
  drop("v1", "lone");
  serve();
  for (const char* version : {"v2", "v1", "v2"}) {
    drop(version, "pond.base");
    std::barrier together(8);
    std::atomic<int> fresh = 0;
    std::vector<std::thread> visitors;
    for (int i = 0; i < 8; ++i) {
      visitors.emplace_back([&, i] {
        together.arrive_and_wait();
        const auto answer = get(i % 2 == 0 ? "pond.left" : "pond.right");
        if (answer.ends_with(version[1])) ++fresh;
      });
    }
    for (auto& visitor : visitors) visitor.join();
    EXPECT_EQ(fresh, 8);
  }
  EXPECT_EQ(label("pond"), "pond/4");
  EXPECT_EQ(label("lone"), "lone/1");
}

TEST_P(Sweeping, KeepsServingWhenADropIsBad) {
  drop("v1", "lone");
  serve();
  write("text.so", "no module at all");
  const std::string whole = read(built("v2", "lone"));
  write("truncated.so", whole.substr(0, whole.size() * 2 / 3));
  const std::map<std::filesystem::path, const char*> bad{
      {folder() / "text.so", "not a shared object"},
      {folder() / "truncated.so", "incomplete: it ends after"},
      {built("missing_symbol", "lone"), "undefined symbol: nobody_has_this"},
      {built("throws", "lone"), "its constructor threw: no database"},
      {built("throws_a_number", "lone"), "threw something that is not a std::exception"},
      {built("v1", "reader"), "needs shelf.so, which is not in the apps folder"}};
  for (const auto& [file, why] : bad) {
    drop_file(file, "lone");
    EXPECT_EQ(get("lone"), "lone 1") << file;
    EXPECT_THAT(refusal("lone"), HasSubstr(why));
    EXPECT_THAT(refusal("lone"), StartsWith((apps() / "lone.so").native()));
    EXPECT_EQ(label("lone"), "lone/1");
  }
  drop("v2", "lone");
  EXPECT_EQ(get("lone"), "lone 2");
  EXPECT_EQ(refusal("lone"), "");
  EXPECT_EQ(label("lone"), "lone/8") << "a refused drop takes a number, too";
}

TEST_P(Sweeping, KeepsTheWholeGroupWhenOneMemberIsBad) {
  drop_pond("v1");
  serve();
  write("apps/pond/right.so", "half a file");
  drop("v2", "pond.base");
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
  EXPECT_EQ(get("pond.right"), "right 1 on base 1");
  drop("v2", "pond.right");
  EXPECT_EQ(get("pond.left"), "left 1 on base 2");
}

TEST_P(Sweeping, TriesARefusedDropAgainOnlyWhenItsFilesChange) {
  drop("v1", "shelf");
  drop("throws", "lone");
  serve();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get("lone"), "503");
  write("apps/README", "nothing to load");
  EXPECT_EQ(get("lone"), "503");
  EXPECT_EQ(read("diary"), "tried\n");
  sh("touch apps/lone.so");
  EXPECT_EQ(get("lone"), "503");
  EXPECT_EQ(read("diary"), "tried\ntried\n");
}

TEST_P(Sweeping, ServesWhatWasRefusedAtTheStartOnceItIsGood) {
  drop("throws", "lone");
  serve();
  EXPECT_EQ(get("lone"), "503");
  EXPECT_THAT(refusal("lone"), HasSubstr("no database"));
  EXPECT_EQ(label("lone"), "");
  drop("v1", "lone");
  EXPECT_EQ(get("lone"), "lone 1");
  EXPECT_EQ(label("lone"), "lone/2");
}

TEST_P(Sweeping, ServesNoGroupWhoseFilesAreGoneUntilTheyReturn) {
  drop_pond("v1");
  drop("v1", "lone");
  serve();
  sh("mv apps/lone.so away.so");
  EXPECT_EQ(get("lone"), "404");
  EXPECT_EQ(label("lone"), "");
  sh("mv away.so apps/lone.so");
  EXPECT_EQ(get("lone"), "lone 1");
  EXPECT_EQ(label("lone"), "lone/2") << "a number is never given twice";
  sh("rm apps/pond/right.so");
  EXPECT_EQ(get("pond.right"), "404");
  EXPECT_EQ(get("pond.left"), "left 1 on base 1");
}

TEST_P(Sweeping, ServesAGroupThatAppearsLater) {
  serve();
  EXPECT_EQ(get("pond.left"), "404");
  drop_pond("v2");
  EXPECT_EQ(get("pond.left"), "left 2 on base 2");
  EXPECT_EQ(label("pond"), "pond/1");
}

TEST_P(Sweeping, ServesOnWhileTheAppsFolderIsAway) {
  drop("v1", "lone");
  serve();
  sh("mv apps away");
  EXPECT_EQ(get("lone"), "lone 1");
  sh("mv away apps");
  EXPECT_EQ(get("lone"), "lone 1");
  EXPECT_EQ(label("lone"), "lone/1");
  drop("v2", "lone");
  EXPECT_EQ(get("lone"), "lone 2");
}

TEST_P(Sweeping, WaitsForTheIndexOfAFolder) {
  drop("v1", "lone");
  serve();
  drop_file(built("v2", "lone"), "site.index");
  EXPECT_EQ(answer_in(*enter("site"), "site.index"), "lone 2");
  drop_file(built("v1", "lone"), "site.index");
  EXPECT_EQ(answer_in(*enter("site.index"), "site.index"), "lone 1");
  drop_file(built("v2", "lone"), "site.deep");
  EXPECT_EQ(answer_in(*enter("site.deep.path.info"), "site.deep"), "lone 2");
}

class Grouped : public Serving {};

TEST_F(Grouped, PinnedModulesAreLoadedAndNeverReplaced) {
  grouping_ = releases::Grouping::listed({{"water", {"pond"}}});
  drop_pond("v1");
  drop("v1", "lone");
  serve();
  EXPECT_EQ(label("pinned.lone"), "pinned.lone/1");
  EXPECT_FALSE(container_->group("pinned.lone").swept);
  drop("v2", "lone");
  drop("v2", "pond.base");
  EXPECT_EQ(get("lone"), "lone 1");
  EXPECT_EQ(get("pond.left"), "left 1 on base 2");
  sh("rm apps/lone.so");
  EXPECT_EQ(get("lone"), "lone 1");
  EXPECT_EQ(label("water"), "water/2");
}

TEST_F(Grouped, APinnedModuleMayChangeBeforeItIsFirstLoaded) {
  // `lone` comes first and holds the worker that opens; `reader` changes after it was found.
  grouping_ = releases::Grouping::listed({});
  hold("1");
  drop("slow1", "lone");
  drop("v1", "reader");
  drop("v1", "shelf");
  grouping_ = releases::Grouping::listed({{"all", {"lone"}}});
  std::thread author([this] {
    EXPECT_TRUE(eventually([this] { return is_waiting("1"); }));
    drop_file(built("v2", "lone"), "reader");
    lift("1");
  });
  serve();
  author.join();
  EXPECT_EQ(get("reader"), "lone 2");
}

TEST_F(Grouped, ModulesOfAGroupThatLieInDifferentFoldersGoTogether) {
  grouping_ = releases::Grouping::listed({{"books", {"reader", "shelf"}}});
  drop("v1", "reader");
  drop("v1", "shelf");
  serve();
  EXPECT_EQ(get("reader"), "451");
  EXPECT_EQ(label("books"), "books/1");
}

class Whole : public Serving {};

TEST_F(Whole, ARequestSeesOneGenerationWhateverIsDropped) {
  sh("mkdir -p releases/1 releases/2; ln -s ../releases/1 apps/pond");
  for (const char* module : {"base", "left", "right"}) {
    const std::string name = std::string("pond.") + module;
    sh("cp '" + built("v1", name).native() + "' releases/1; cp '" + built("v2", name).native() +
       "' releases/2");
  }
  serve();
  std::atomic<bool> done = false;
  std::atomic<int> mixed = 0, seen[3] = {};
  std::vector<std::thread> visitors;
  for (int i = 0; i < 4; ++i) {
    visitors.emplace_back([&] {
      while (!done) {
        const auto snapshot = enter("pond.left");
        const auto left = answer_in(*snapshot, "pond.left");
        const auto right = answer_in(*snapshot, "pond.right");
        if (left == "left 1 on base 1" && right == "right 1 on base 1") {
          ++seen[1];
        } else if (left == "left 2 on base 2" && right == "right 2 on base 2") {
          ++seen[2];
        } else {
          ++mixed;
        }
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    const std::string number = i % 2 == 0 ? "2" : "1";
    sh("ln -s ../releases/" + number + " flip; mv -T flip apps/pond");
    EXPECT_EQ(get("pond.left"), "left " + number + " on base " + number);
  }
  done = true;
  for (auto& visitor : visitors) visitor.join();
  EXPECT_EQ(mixed, 0);
  EXPECT_GT(seen[1], 0);
  EXPECT_GT(seen[2], 0);
  EXPECT_EQ(label("pond"), "pond/21");
}

}  // namespace
}  // namespace shoal::test
