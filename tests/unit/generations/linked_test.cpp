// Whatever linked a base and its child, two generations of them never meet.
#include <array>
#include <tuple>

#include "elf/image.hpp"
#include "elf/versions.hpp"
#include "matrix/linking.hpp"

namespace shoal::generations {
namespace {

struct Soname {
  const char* name;
  const char* base;   ///< flag
  const char* child;  ///< flag
};

struct Script {
  const char* name;
  const char* base;   ///< flag
  const char* child;  ///< flag
  bool shares;        ///< the child has no inline statics of its own
};

constexpr std::array<Soname, 3> kSonames{
    {{"soname", "-Wl,-soname,libreefbase.so.1", "-Wl,-soname,libreefchild.so.1"},
     {"none", "", ""},
     {"origin", "-Wl,-soname,'$ORIGIN/reef.base.so'", "-Wl,-soname,'$ORIGIN/reef.child.so'"}}};

// An author who hides all but the entry hides the inline statics, too, from any dynamic linker.
constexpr std::array<Script, 3> kScripts{
    {{"plain", "", "", true},
     {"versioned", "-Wl,--version-script=../../../base.map", "", true},
     {"hiding", "-Wl,--version-script=../../../base.map", "-Wl,--version-script=../../../child.map",
      false}}};

class Modules
    : public Linking,
      public testing::WithParamInterface<std::tuple<const char*, const char*, const char*>> {
 protected:
  static Tools tools() {
    const auto& [linker, compiler, optimisation] = GetParam();
    return {linker, compiler, optimisation};
  }

  static std::string way(const Soname& soname, const Script& script) {
    return std::string(soname.name) + "-" + script.name;
  }

  void link_all_ways() const {
    std::string lines = "set -e";
    for (const auto& soname : kSonames) {
      for (const auto& script : kScripts) {
        const Flags flags{std::string(soname.base) + " " + script.base,
                          std::string(soname.child) + " " + script.child};
        lines += "\n" + lines_for(way(soname, script), tools(), tools(), flags);
      }
    }
    sh(lines);
  }

  void expect_two_generations_all_ways() {
    for (const auto& soname : kSonames) {
      for (const auto& script : kScripts) {
        SCOPED_TRACE(way(soname, script));
        expect_two_generations(way(soname, script), script.shares);
      }
    }
  }

  /// Of what the table says, the files have: else it would prove nothing.
  void expect_files_as_linked() const {
    for (const auto& soname : kSonames) {
      for (const auto& script : kScripts) {
        SCOPED_TRACE(way(soname, script));
        const elf::Facts facts = facts_of(base(way(soname, script), 1));
        EXPECT_EQ(facts.soname.empty(), *soname.base == '\0');
        EXPECT_EQ(facts.unique_symbols > 0, tools().compiler == "g++");
        EXPECT_EQ(needs_versions_of_base(way(soname, script)), *script.base != '\0');
      }
    }
  }

  bool needs_versions_of_base(const std::string& way) const {
    const std::string bytes = read(child(way, 1));
    const elf::Image image(bytes);
    const std::string needed = elf::read(bytes).needed.front();
    return std::ranges::any_of(elf::version_names(image), [&](const elf::VersionName& version) {
      return version.kind == elf::VersionName::Kind::kFile &&
             image.name(version.position) == needed;
    });
  }

  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(apps())) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    return files;
  }
};

TEST_P(Modules, OfTwoGenerationsAnswerAtTheSameTime) {
  link_all_ways();
  ASSERT_EQ(files().size(), 36u);
  expect_files_as_linked();
  expect_two_generations_all_ways();

  sh("find apps -name '*.so' -exec strip -s {} +");
  {
    SCOPED_TRACE("stripped");
    expect_two_generations_all_ways();
  }

  for (const auto& file : files()) remove_section_headers(file);
  {
    SCOPED_TRACE("stripped of section headers");
    expect_two_generations_all_ways();
  }
}

std::string name_of(const testing::TestParamInfo<Modules::ParamType>& info) {
  const auto& [linker, compiler, optimisation] = info.param;
  const bool gcc = std::string(compiler) == "g++";
  return std::string(linker) + (gcc ? "_gcc_" : "_clang_") + optimisation;
}

// A sanitizer sees the code that reads and changes the files, whose form does not depend on how far
// the modules' own code was optimised: there one such level is enough.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::array<const char*, 1> kOptimisations{{"O2"}};
#else
constexpr std::array<const char*, 2> kOptimisations{{"O0", "O2"}};
#endif

INSTANTIATE_TEST_SUITE_P(LinkedBy, Modules,
                         testing::Combine(testing::Values("bfd", "gold", "lld", "mold"),
                                          testing::Values("g++", "clang++"),
                                          testing::ValuesIn(kOptimisations)),
                         name_of);

}  // namespace
}  // namespace shoal::generations
