#include <optional>

#include "apps_folder.hpp"
#include "built.hpp"
#include "modules/generation.hpp"
#include "modules/load_error.hpp"

namespace shoal::modules {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

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
    const Stage stage(stages_, "group", files_);
    return order_of_opening(stage, files_);
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
  Stages stages_{run()};
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

TEST_F(OrderOfOpening, RefusesAMemberThatIsNotInTheGroup) {
  drop("v1", "pond.left", "pond.left");
  EXPECT_EQ(refusal(), path("pond/left.so") +
                           ": needs pond.base.so, which is not in its group; drop it too, or put "
                           "both types into one group");
}

TEST_F(OrderOfOpening, RefusesANameThatAllGenerationsShare) {
  drop("shared_name", "pond.base", "pond.base");
  drop("shared_name", "pond.left", "pond.left");
  EXPECT_EQ(refusal(), path("pond/left.so") +
                           ": asks for base.so, a name that all generations of pond.base share; "
                           "build " +
                           path("pond/base.so") +
                           " with shoal_add_library, or link it with "
                           "-Wl,-soname,'$ORIGIN/pond.base.so', and link this one again");
}

TEST_F(OrderOfOpening, KnowsASharedNameByTheSonameOfAFileOfAnotherName) {
  drop("shared_name", "pond.base", "pond.other");
  drop("shared_name", "pond.left", "pond.left");
  EXPECT_THAT(refusal(), HasSubstr("asks for base.so, a name that all generations of pond.other"));
}

TEST_F(OrderOfOpening, DoesNotMixUpModulesWhoseFilesHaveTheSameName) {
  drop("v1", "reader", "reader");
  drop("v1", "shelf", "shelf");
  drop("v1", "lone", "aquarium.shelf");
  EXPECT_THAT(order(), ElementsAre("aquarium.shelf", "shelf", "reader"));
  files_.erase("shelf");
  EXPECT_THAT(refusal(), HasSubstr("needs shelf.so, which is not in its group"));
}

TEST_F(OrderOfOpening, NamesTheFileThatIsNoModule) {
  write("apps/a.so", "text");
  files_["a"] = file_at(apps() / "a.so");
  EXPECT_THAT(refusal(), testing::StartsWith(path("a.so") + ": not a shared object"));
}

}  // namespace
}  // namespace shoal::modules
