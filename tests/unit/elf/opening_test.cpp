// The purpose of the component: generations of one group side by side in one process.
#include <dlfcn.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

#include "elf/facts.hpp"
#include "elf/relabel.hpp"
#include "elf/stub.hpp"
#include "sample.hpp"

namespace shoal::elf {
namespace {

namespace fs = std::filesystem;

class Opening : public ::testing::Test {
 protected:
  using Handle = std::unique_ptr<void, int (*)(void*)>;

  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "shoal.XXXXXX").native();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~Opening() override {
    std::error_code none;
    fs::remove_all(folder_, none);
  }

  /// Opens base and child of this version as one generation, by a stub. `needed` is the name by
  /// which the child needs the base.
  Handle open(const std::string& version, const std::string& base, const std::string& needed,
              const std::string& child) const {
    const fs::path stage = folder_ / version;
    fs::create_directory(stage);
    const auto write = [&](const std::string& name, const std::string& bytes) {
      std::ofstream(stage / name, std::ios::binary) << bytes;
      return (stage / name).native();
    };
    const std::string base_label = "~" + version + ".0", child_label = "~" + version + ".1";
    const std::vector<std::string> members{
        write(base_label, relabelled(base, {.own = base_label, .needed_by_others = true})),
        write(child_label,
              relabelled(child, {.own = child_label, .needed = {{needed, base_label}}}))};
    Handle handle(
        ::dlopen(write("stub", stub(members, "~" + version)).c_str(), RTLD_NOW | RTLD_LOCAL),
        &::dlclose);
    if (handle == nullptr) ADD_FAILURE() << ::dlerror();
    return handle;
  }

  template <typename Result>
  static Result call(const Handle& handle, const char* name) {
    const auto function = reinterpret_cast<Result (*)()>(::dlsym(handle.get(), name));
    return function == nullptr ? Result{} : function();
  }

  bool is_mapped() const {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      if (line.find(folder_.native()) != std::string::npos) return true;
    }
    return false;
  }

  void expect_two_generations(const std::string& linker, const std::string& base,
                              const std::string& needed, const std::string& child) const {
    SCOPED_TRACE(base + linker);
    const auto open_version = [&](const std::string& version) {
      return open(version, sample(base + version + "." + linker), needed,
                  sample(child + version + "." + linker));
    };
    {
      const Handle old = open_version("1"), fresh = open_version("2");
      for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(call<int>(old, "child_number"), 11);
        EXPECT_EQ(call<int>(fresh, "child_number"), 22);
      }
      EXPECT_EQ(call<int>(old, "child_throws"), 1);
      EXPECT_EQ(call<int>(fresh, "child_throws"), 2);
      const auto* counter = call<int*>(old, "base_counter");
      EXPECT_NE(counter, nullptr);
      EXPECT_EQ(call<int*>(old, "child_counter"), counter);
      EXPECT_NE(call<int*>(fresh, "child_counter"), counter);
      EXPECT_TRUE(is_mapped());
    }
    EXPECT_FALSE(is_mapped());
  }

  fs::path folder_;
};

TEST_F(Opening, SeparatesTwoGenerationsAndUnmapsThem) {
  for (const auto& linker : linkers()) {
    expect_two_generations(linker, "base.", "base.so", "child.");
  }
}

TEST_F(Opening, SeparatesThemWhenTheBaseHasNoSoname) {
  for (const auto& linker : linkers()) {
    expect_two_generations(linker, "bare.", "bare.so", "child_of_bare.");
  }
}

}  // namespace
}  // namespace shoal::elf
