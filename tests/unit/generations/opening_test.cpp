#include "releases/staging/prepare.hpp"

#include <dlfcn.h>

#include "generations/holders.hpp"
#include "releases/linking/load_error.hpp"
#include "unit/generations/building.hpp"
#include "unit/releases/apps/apps_folder.hpp"
#include "unit/releases/built.hpp"

namespace shoal::generations {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class Openings : public AppsFolder {
 protected:
  /// An author writes a library of one function and links it: `libfins.so.3` is a file that is no
  /// module, `fish.so` is one.
  void link(const std::string& file, const std::string& code, const std::string& flags = "") {
    write(file + ".cpp", code);
    sh("cd apps && g++ -shared -fPIC ../" + file + ".cpp -o " + file + " " + flags);
  }

  /// The module `from` of v1, or the file that link() made.
  void has(const std::string& module, const std::string& from = "") {
    files_[module] = file_at(from.empty() ? apps() / path_of(module) : built("v1", from));
  }

  std::shared_ptr<Generation> load() { return build(order(), stages_); }

  static bool is_open(const std::filesystem::path& file) {
    void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_NOLOAD);
    return library != nullptr && ::dlclose(library) == 0;
  }

  Order order() { return order_of("group", ++number_, files_, apps_); }

  std::string refusal(const Order& order) {
    try {
      build(order, stages_);
    } catch (const LoadError& error) {
      return error.what();
    }
    return "loaded";
  }

  Files files_;
  Apps apps_;

 private:
  unsigned long number_ = 0;
  Stages stages_{run()};
};

TEST_F(Openings, FindWhatLiesBesideTheModuleThoughItIsLoadedFromAStage) {
  link("libfins.so.3", "int fins() { return 3; }", "-Wl,-soname,libfins.so.3");
  link("fish.so", "int fins(); int fish() { return fins(); }",
       "-L. -l:libfins.so.3 -Wl,-rpath,'$ORIGIN'");
  has("fish");
  load();
  EXPECT_FALSE(still_mapped(run()));
  EXPECT_TRUE(still_mapped(apps())) << "what is outside the group is kept";
}

TEST_F(Openings, AreRefusedWhenTheyWouldMapWhatIsNoModuleFromTheAppsFolder) {
  link("libfins.so.3", "int fins() { return 3; }", "-Wl,-soname,libfins.so.3");
  link("fish.so", "int fins(); int fish() { return fins(); }",
       "-L. -l:libfins.so.3 -Wl,-rpath,'$ORIGIN'");
  has("fish");
  apps_ = Apps{apps(), files_};
  EXPECT_THAT(
      refusal(order()),
      AllOf(
          StartsWith((apps() / "fish.so").native() + ": needs " +
                     (apps() / "libfins.so.3").native() +
                     ", which lies in the apps folder but is not a module"),
          EndsWith("; rename it to NAME.so and link to that, or move it out of the apps folder")));
}

TEST_F(Openings, AreRefusedWhenWhatLiesBesideTheModuleHasNoSoname) {
  sh("mkdir apps/.lib");  // hidden, and so no module
  link(".lib/libtail.so", "int tail() { return 3; }");
  link("fish.so", "int tail(); int fish() { return tail(); }",
       "-L.lib -l:libtail.so -Wl,-rpath,'$ORIGIN/.lib'");
  has("fish");
  EXPECT_EQ(refusal(order()), (apps() / "fish.so").native() +
                                  ": libtail.so: cannot open shared object file: No such file or "
                                  "directory; link that library with -Wl,-soname,NAME, or this one "
                                  "with the absolute path of its folder as -Wl,-rpath");
  link("fish.so", "int tail(); int fish() { return tail(); }",
       "-L.lib -l:libtail.so -Wl,-rpath,$PWD/.lib");
  has("fish");
  EXPECT_EQ(refusal(order()), "loaded");
}

TEST_F(Openings, AreRefusedForALibraryThatNobodyHas) {
  link("libgills.so.3", "int gills() { return 3; }", "-Wl,-soname,libgills.so.3");
  link("fish.so", "int gills(); int fish() { return gills(); }", "-L. -l:libgills.so.3");
  sh("rm apps/libgills.so.3");
  has("fish");
  EXPECT_THAT(
      refusal(order()),
      AllOf(StartsWith((apps() / "fish.so").native() +
                       ": needs libgills.so.3, which cannot be loaded ("),
            EndsWith("; install it, or link the module with the library's folder as -Wl,-rpath")));
}

TEST_F(Openings, AreRefusedForALibraryThatAnotherGroupHas) {
  link("scales.so", "int scales() { return 3; }", "-Wl,-soname,libscales.so");
  link("fish.so", "int scales(); int fish() { return scales(); }", "-L. -l:scales.so");
  has("scales");
  has("fish");
  apps_ = Apps{apps(), files_};
  files_.erase("scales");
  EXPECT_THAT(
      refusal(order()),
      EndsWith("; " + (apps() / "scales.so").native() +
               " has this name; put both into one group: groups: { fish: [fish, scales] }"));
}

TEST_F(Openings, KnowAThreadLocalWithADestructorByAWeakReferenceToo) {
  link("fish.so",
       "extern \"C\" __attribute__((weak)) int __cxa_thread_atexit_impl(void (*)(void*), void*, "
       "void*);\nbool fish() { return __cxa_thread_atexit_impl != nullptr; }");
  has("fish");
  EXPECT_THAT(load()->thread_locals(), ElementsAre((apps() / "fish.so").native()));
}

TEST_F(Openings, OpenWhatNeedsEachOtherAndLetItGo) {
  link("left.so", "int left() { return 1; }");
  link("right.so", "int left(); int right() { return left(); }", "-L. -l:left.so");
  link("left.so", "int right(); int left() { return 1; } int both() { return right(); }",
       "-L. -l:right.so");
  has("left");
  has("right");
  EXPECT_TRUE(still_mapped(load()->folder()));
  EXPECT_FALSE(still_mapped(run()));
}

TEST_F(Openings, OpenALibraryThatNobodyNeeds) {
  has("lone", "lone");
  has("shelf", "shelf");
  const auto generation = load();
  EXPECT_THAT(generation->handlers(), ElementsAre(testing::Key("lone")));
  EXPECT_TRUE(is_open(generation->folder() / "shelf.so"));
  EXPECT_FALSE(is_open(generation->folder() / "brush.so"));
}

TEST_F(Openings, AreRefusedWhenAHandlerIsLost) {
  has("lone", "shelf");
  Order order = this->order();
  EXPECT_EQ(refusal(order), "loaded");
  order.members.handlers = {"lone"};
  EXPECT_EQ(refusal(order),
            built("v1", "shelf").native() +
                ": has no SHOAL_MODULE, yet the generation that serves has a handler of this name; "
                "add SHOAL_MODULE(Class), or remove the file before it becomes a library");
  order.members.handlers = {"gone"};
  EXPECT_EQ(refusal(order), "loaded") << "a page may be taken away";
}

}  // namespace
}  // namespace shoal::generations
