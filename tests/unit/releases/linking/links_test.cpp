#include <optional>

#include "releases/linking/links.hpp"
#include "releases/linking/load_error.hpp"
#include "unit/releases/apps/apps_folder.hpp"
#include "unit/releases/built.hpp"

namespace shoal::releases {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

/// Throws the first fault.
std::map<std::string, Links> draw_links(const Facts& facts, const Files& files, const Apps& apps) {
  std::vector<Fault> faults;
  auto links = links_of(facts, files, apps, "~1", faults);
  if (!faults.empty()) throw LoadError(faults.front().text(), faults.front().module);
  return links;
}

class OrderOfOpening : public AppsFolder {
 protected:
  /// Puts the module `from` of `version` into the apps folder as `name`.
  void drop(const std::string& version, const std::string& from, const std::string& name) {
    const auto path = apps() / path_of(name);
    std::filesystem::create_directories(path.parent_path());
    std::filesystem::copy_file(built(version, from), path);
    files_[name] = file_at(path);
  }

  std::vector<std::string> order() {
    return order_of_opening(draw_links(facts_of(files_), files_, Apps{apps(), files_}));
  }

  static Facts facts_of(const Files& files) {
    Facts facts;
    for (const auto& [module, file] : files) {
      std::ifstream stream(file.path, std::ios::binary);
      facts.emplace(module, elf::read(std::string(std::istreambuf_iterator<char>(stream), {})));
    }
    return facts;
  }

  std::string refusal() {
    try {
      order();
    } catch (const LoadError& error) {
      return error.what();
    }
    return {};
  }

  std::string path(const char* file) const { return (apps() / file).native(); }

  Files files_;
};

TEST_F(OrderOfOpening, IsEmptyForNoFiles) { EXPECT_THAT(order(), ElementsAre()); }

TEST_F(OrderOfOpening, PutsTheBaseBeforeItsChildren) {
  drop("v1", "pond.left", "pond.left");
  drop("v1", "pond.right", "pond.right");
  drop("v1", "pond.base", "pond.base");
  EXPECT_THAT(order(), ElementsAre("pond.base", "pond.left", "pond.right"));
  drop("v1", "pond.left", "alpha");
  EXPECT_THAT(order(), ElementsAre("pond.base", "alpha", "pond.left", "pond.right"));
}

TEST_F(OrderOfOpening, PutsTheBaseFirstThoughItsNameComesLater) {
  drop("v1", "reader", "reader");
  drop("v1", "shelf", "shelf");
  EXPECT_THAT(order(), ElementsAre("shelf", "reader"));
}

TEST_F(OrderOfOpening, IsByNameWhereNobodyNeedsAnother) {
  drop("v1", "lone", "c");
  drop("v1", "lone", "a");
  drop("v1", "lone", "b.x");
  EXPECT_THAT(order(), ElementsAre("a", "b.x", "c"));
}

TEST_F(OrderOfOpening, KnowsTheBaseByItsSonameWhateverItsFileIsCalled) {
  drop("shared_name", "pond.base", "pond.other");
  drop("shared_name", "pond.left", "pond.left");
  EXPECT_THAT(order(), ElementsAre("pond.other", "pond.left"));
}

TEST_F(OrderOfOpening, RefusesALibraryThatIsNowhere) {
  drop("v1", "pond.left", "pond.left");
  EXPECT_EQ(refusal(), path("pond/left.so") +
                           ": needs pond.base.so, which is not in the apps folder; drop it too");
}

TEST_F(OrderOfOpening, DoesNotMixUpModulesWhoseFilesHaveTheSameName) {
  drop("v1", "reader", "reader");
  drop("v1", "shelf", "shelf");
  drop("v1", "lone", "aquarium.shelf");
  EXPECT_THAT(order(), ElementsAre("aquarium.shelf", "shelf", "reader"));
  files_.erase("shelf");
  EXPECT_THAT(refusal(), HasSubstr("needs shelf.so, which is not in the apps folder"));
}

/// Modules of one group as their files would tell of themselves.
class Links : public testing::Test {
 protected:
  void has(const std::string& module, const std::string& soname,
           std::vector<std::string> needed = {}) {
    facts_[module].soname = soname;
    facts_[module].needed = std::move(needed);
    files_[module] = {"/apps" / path_of(module), {}};
  }

  auto draw() const { return draw_links(facts_, files_, Apps{"/apps", files_}); }

  std::string refusal() const {
    try {
      draw();
    } catch (const LoadError& error) {
      return error.what();
    }
    return {};
  }

  Facts facts_;
  Files files_;
};

TEST_F(Links, GiveAMemberOneLabelByWhateverNameItIsAskedFor) {
  has("pond.base", "libbase.so", {"libc.so.6"});
  has("pond.left", "", {"libbase.so", "libc.so.6"});
  has("pond.right", "", {"pond/base.so"});
  const auto links = draw();
  EXPECT_EQ(links.at("pond.base").labels.own, "~1.0");
  EXPECT_TRUE(links.at("pond.base").labels.needed_by_others);
  EXPECT_THAT(links.at("pond.left").labels.needed, ElementsAre(Pair("libbase.so", "~1.0")));
  EXPECT_THAT(links.at("pond.right").labels.needed, ElementsAre(Pair("pond/base.so", "~1.0")));
  EXPECT_EQ(links.at("pond.left").labels.own, "") << "nobody asks for it, and it has no soname";
  EXPECT_THAT(links.at("pond.left").outside, ElementsAre(Outside{"libc.so.6", {}}));
}

TEST_F(Links, LabelAMemberThatIsAskedForByOrigin) {
  // Version needs name it, too, and there the dynamic linker does not expand $ORIGIN.
  has("pond.base", "$ORIGIN/pond.base.so");
  has("pond.left", "$ORIGIN/pond.left.so", {"$ORIGIN/pond.base.so"});
  const auto links = draw();
  EXPECT_EQ(links.at("pond.base").labels.own, "~1.0");
  EXPECT_THAT(links.at("pond.left").labels.needed,
              ElementsAre(Pair("$ORIGIN/pond.base.so", "~1.0")));
  EXPECT_EQ(links.at("pond.left").labels.own, "") << "its name is its own in each stage";
}

TEST_F(Links, RefuseANameThatTwoMembersHave) {
  has("pond.left", "libbase.so");
  has("pond.right", "libbase.so");
  has("pond.child", "", {"libbase.so"});
  EXPECT_EQ(refusal(),
            "/apps/pond/child.so: needs libbase.so, which may be /apps/pond/left.so or "
            "/apps/pond/right.so; link the one you mean with "
            "-Wl,-soname,'$ORIGIN/pond.left.so' or '$ORIGIN/pond.right.so', and then this one "
            "again");
}

TEST_F(Links, TellFilesOfOneNameApartByTheirFolders) {
  has("left.base", "");
  has("right.base", "");
  has("pond.child", "", {"build/right/base.so"});
  EXPECT_THAT(draw().at("pond.child").members, ElementsAre("right.base"));
  has("pond.child", "", {"base.so"});
  EXPECT_THAT(refusal(), HasSubstr("which may be /apps/left/base.so or /apps/right/base.so"));
}

TEST_F(Links, MayGoInCircles) {
  has("pond.left", "left.so", {"right.so"});
  has("pond.right", "right.so", {"left.so"});
  has("pond.child", "", {"left.so"});
  const auto links = draw();
  EXPECT_THAT(order_of_opening(links), ElementsAre("pond.right", "pond.left", "pond.child"));
  EXPECT_THAT(bases_around("pond.left", links), ElementsAre("pond.right"));
  EXPECT_THAT(bases_around("pond.child", links), ElementsAre("pond.right", "pond.left"));
}

TEST_F(Links, HaveOneOrderOfBasesForAllThatAreLinkedToOneAnother) {
  has("a", "a.so");
  has("b", "b.so");
  has("both", "", {"b.so", "a.so"});
  has("one", "", {"b.so"});
  has("other", "other.so");
  has("stranger", "", {"other.so"});
  has("alone", "");
  const auto links = draw();
  EXPECT_EQ(bases_around("one", links), bases_around("both", links))
      << "or b would be bound to a's objects, and `one` to its own";
  EXPECT_THAT(bases_around("one", links), testing::UnorderedElementsAre("a", "b"));
  EXPECT_THAT(bases_around("stranger", links), ElementsAre("other"));
  EXPECT_THAT(bases_around("alone", links), ElementsAre());
}

/// `reader` needs the library `shelf`, which the apps folder has, but another group.
class AcrossGroups : public OrderOfOpening {
 protected:
  std::string refusal_in(Grouping grouping) {
    drop("v1", "reader", "reader");
    drop("v1", "shelf", "shelf");
    const Apps all{apps(), files_, std::move(grouping)};
    const Files group{{"reader", files_.at("reader")}};
    try {
      draw_links(facts_of(group), group, all);
    } catch (const LoadError& error) {
      return error.what();
    }
    return {};
  }

  std::string refusal_ending_in(const std::string& owner, const std::string& line) const {
    return path("reader.so") + ": needs " + path("shelf.so") + ", " + owner +
           ", so the two are not replaced together; put both into one group: " + line;
  }
};

TEST_F(AcrossGroups, AModuleOfAnotherTopLevelGroupIsRefusedWithTheLineThatMendsIt) {
  EXPECT_EQ(refusal_in(Grouping::top_level()),
            refusal_ending_in("a module of group shelf", "groups: { reader: [reader, shelf] }"));
}

TEST_F(AcrossGroups, AListedGroupIsJoinedWithAllTypesOfBoth) {
  EXPECT_EQ(refusal_in(Grouping::listed({{"desk", {"reader", "pen"}}, {"wall", {"shelf"}}})),
            refusal_ending_in("a module of group wall", "groups: { desk: [pen, reader, shelf] }"));
}

TEST_F(AcrossGroups, AModuleOfNoGroupIsRefusedToo) {
  EXPECT_EQ(refusal_in(Grouping::listed({{"desk", {"reader"}}})),
            refusal_ending_in("a pinned module", "groups: { desk: [reader, shelf] }"));
}

TEST_F(AcrossGroups, PinnedModulesNeedALineAsWell) {
  EXPECT_EQ(refusal_in(Grouping::never()),
            refusal_ending_in("a pinned module", "groups: { reader: [reader, shelf] }"));
}

}  // namespace
}  // namespace shoal::releases
