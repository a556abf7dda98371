#include <fstream>
#include <iostream>

#include "eventually.hpp"
#include "long_run.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

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

    bool operator==(const Resources&) const = default;
    friend void PrintTo(const Resources& used, std::ostream* stream) {
      *stream << used.stages << " stages, " << used.modules << " modules, " << used.mappings
              << " mappings of files, " << used.descriptors << " descriptors";
    }
  };

  Resources resources() const {
    return {stage_folders(), mapped_stage_files().size(), file_mappings(), descriptors()};
  }

  /// Waits until the old generations are closed, and returns what is used then.
  Resources resources_without_old_generations() const {
    EXPECT_TRUE(eventually([this] { return resources().stages == 2 && resources().modules == 6; }));
    return resources();
  }

  std::size_t file_mappings() const {
    std::ifstream maps("/proc/" + std::to_string(worker()) + "/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);) count += line.find('/') != std::string::npos;
    return count;
  }

  std::size_t resident_kib() const {
    std::ifstream status("/proc/" + std::to_string(worker()) + "/status");
    for (std::string word; status >> word;) {
      std::size_t kib = 0;
      if (word == "VmRSS:" && status >> kib) return kib;
    }
    return 0;
  }
};

TEST_F(ReloadsUnderLoad, LoseNoRequestAndLeaveNothingBehind) {
  Visitors visitors(port(), 8, {"/", "/about"}, check_page);
  int number = 1;
  while (number <= 10) reload(number++);
  const Resources before = resources_without_old_generations();
  const std::size_t resident_before = resident_kib();

  const int reloads = test::repetitions(40, 1'000);
  while (number <= reloads) reload(number++);
  EXPECT_TRUE(eventually([&] { return resources() == before; }))
      << ::testing::PrintToString(before) << ", but now " << ::testing::PrintToString(resources());
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // A sanitizer keeps freed memory, so the size says nothing there.
  constexpr std::size_t kMostGrowth = 2'048;
  EXPECT_LE(resident_kib(), resident_before + kMostGrowth);
#endif
  const std::size_t requests = expect_no_failure(visitors).requests;
  EXPECT_EQ(said("drop refused"), 0u);
  EXPECT_EQ(said("lingering"), 0u);
  RecordProperty("requests", std::to_string(requests));
  std::cout << reloads << " reloads, " << requests << " requests, resident " << resident_before
            << " KiB after the tenth, " << resident_kib() << " KiB at the end\n";
}

}  // namespace
}  // namespace shoal::system
