#include <algorithm>
#include <fstream>
#include <iostream>

#include "eventually.hpp"
#include "long_run.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;

/// Reloads without a pause, by `shoal drop` and by cp in turns, while 8 visitors send requests over
/// kept connections.
class ReloadsUnderLoad : public Site {
 protected:
  ReloadsUnderLoad() : Site({.sweep = "{ wait: 60s }"}) {}

  void SetUp() override {
    drop("1");
    start();
  }

  /// Drops the other version of the site, which must serve the next requests.
  void reload(int number) {
    const std::string version = number % 2 == 0 ? "1" : "2";
    const bool by_drop = number % 4 < 2;
    shell(by_drop ? "$SHOAL drop $BUILT/" + version + " --apps $APPS > $HERE/dropped"
                  : "cp -r $BUILT/" + version + "/site $APPS/");
    EXPECT_EQ(version_of(get("/")), version) << "reload " << number;
    EXPECT_EQ(version_of(get("/about")), version) << "reload " << number;
  }

  /// What a leak would increase.
  struct Resources {
    std::size_t stages = 0;
    std::size_t modules = 0;   ///< mapped files; five are the site's
    std::size_t mappings = 0;  ///< of files of any kind
    std::size_t descriptors = 0;
    std::size_t deployers_mappings = 0;
    std::size_t deployers_descriptors = 0;
    std::size_t run_files = 0;  ///< and folders

    bool operator==(const Resources&) const = default;
    friend void PrintTo(const Resources& used, std::ostream* stream) {
      *stream << used.stages << " stages, " << used.modules << " modules, " << used.mappings
              << " mappings of files, " << used.descriptors << " descriptors, in the deployer "
              << used.deployers_mappings << " mappings, " << used.deployers_descriptors
              << " descriptors, " << used.run_files << " files of run";
    }
  };

  Resources resources() const {
    return {stage_folders(),           mapped_stage_files().size(),
            file_mappings(worker()),   descriptors(),
            file_mappings(deployer()), number_in("/proc/" + std::to_string(deployer()) + "/fd"),
            number_in(here() / "run")};
  }

  /// Waits until the old generations are closed, and returns what is used then.
  Resources resources_without_old_generations() const {
    EXPECT_TRUE(eventually([this] { return resources().stages == 2 && resources().modules == 6; }));
    return resources();
  }

  /// Returns how many files and folders are below this one. They may change meanwhile.
  static std::size_t number_in(const fs::path& folder) {
    std::error_code gone;
    std::size_t number = 0;
    for (fs::recursive_directory_iterator at(folder, gone), end; at != end; at.increment(gone)) {
      ++number;
    }
    return number;
  }

  std::size_t run_kib() {
    shell("du -sk $HERE/run | cut -f1 >$HERE/size");
    return std::stoul(contents(here() / "size"));
  }

  static std::size_t file_mappings(pid_t process) {
    std::ifstream maps("/proc/" + std::to_string(process) + "/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);) count += line.find('/') != std::string::npos;
    return count;
  }

  static std::size_t resident_kib(pid_t process) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string word; status >> word;) {
      std::size_t kib = 0;
      if (word == "VmRSS:" && status >> kib) return kib;
    }
    return 0;
  }
};

TEST_F(ReloadsUnderLoad, LoseNoRequestAndLeaveNothingBehind) {
  Visitors visitors(port(), 8, {"/", "/about"}, check_page);
  const int reloads = test::repetitions(40, 1'000);
  int number = 1;
  while (number <= std::max(10, reloads / 10)) reload(number++);
  const Resources before = resources_without_old_generations();
  const std::size_t resident_before = resident_kib(worker());
  const std::size_t deployer_before = resident_kib(deployer());
  const std::size_t run_before = run_kib();

  while (number <= reloads) reload(number++);
  EXPECT_TRUE(eventually([&] { return resources() == before; }))
      << ::testing::PrintToString(before) << ", but now " << ::testing::PrintToString(resources());
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // A sanitizer keeps freed memory, so the size says nothing there.
  constexpr std::size_t kMostGrowth = 2'048;
  EXPECT_LE(resident_kib(worker()), resident_before + kMostGrowth);
  EXPECT_LE(resident_kib(deployer()), deployer_before + kMostGrowth);
#endif
  constexpr std::size_t kMostGrowthOfRun = 32;  // the history tells of a few more attempts
  EXPECT_LE(run_kib(), run_before + kMostGrowthOfRun);
  const std::size_t requests = expect_no_failure(visitors).requests;
  EXPECT_EQ(said("drop refused"), 0u);
  EXPECT_EQ(said("lingering"), 0u);
  RecordProperty("requests", std::to_string(requests));
  std::cout << reloads << " reloads, " << requests
            << " requests; resident after a tenth and at the "
            << "end: worker " << resident_before << " and " << resident_kib(worker())
            << " KiB, deployer " << deployer_before << " and " << resident_kib(deployer())
            << " KiB; run " << run_before << " and " << run_kib() << " KiB\n";
}

}  // namespace
}  // namespace shoal::system
