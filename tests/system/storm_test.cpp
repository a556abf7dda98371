#include <fstream>
#include <iostream>

#include "eventually.hpp"
#include "long_run.hpp"
#include "site.hpp"

namespace shoal::system {
namespace {

/// Reloads without a pause under 8 keep-alive clients: by `shoal drop` and by cp in turns.
class Storm : public Site {
 protected:
  Storm() : Site({.sweep = "{ wait: 60s }"}) {}

  void SetUp() override {
    drop("1");
    start();
  }

  void reload(int number) {
    const std::string version = number % 2 == 0 ? "1" : "2";
    const bool by_drop = number % 4 < 2;
    shell(by_drop ? "$SHOAL drop $BUILT/" + version + " --apps $APPS > $HERE/dropped"
                  : "cp -r $BUILT/" + version + "/site $APPS/");
    EXPECT_EQ(version_of(get("/")), version) << "reload " << number;
    EXPECT_EQ(version_of(get("/about")), version) << "reload " << number;
  }

  /// What a leak would add to.
  struct Holdings {
    std::size_t stages = 0;
    std::size_t modules = 0;   ///< mapped, of which five are the site's
    std::size_t mappings = 0;  ///< of files of any kind
    std::size_t descriptors = 0;

    bool operator==(const Holdings&) const = default;
    friend void PrintTo(const Holdings& held, std::ostream* stream) {
      *stream << held.stages << " stages, " << held.modules << " modules, " << held.mappings
              << " mappings of files, " << held.descriptors << " descriptors";
    }
  };

  Holdings holdings() const {
    return {stage_folders(), mapped_stage_files().size(), file_mappings(), descriptors()};
  }

  /// As it stands once the old generations have gone.
  Holdings settled_holdings() const {
    EXPECT_TRUE(eventually([this] { return holdings().stages == 2 && holdings().modules == 6; }));
    return holdings();
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

TEST_F(Storm, LosesNoRequestAndLeavesNothingBehind) {
  Clients clients(port(), 8, {"/", "/about"}, not_whole);
  int number = 1;
  while (number <= 10) reload(number++);
  const Holdings before = settled_holdings();
  const std::size_t resident_before = resident_kib();

  const int reloads = test::repetitions(40, 1'000);
  while (number <= reloads) reload(number++);
  EXPECT_TRUE(eventually([&] { return holdings() == before; }))
      << ::testing::PrintToString(before) << ", but now " << ::testing::PrintToString(holdings());
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // A sanitizer keeps what was freed, so memory tells nothing there.
  constexpr std::size_t kMostGrowth = 2'048;
  EXPECT_LE(resident_kib(), resident_before + kMostGrowth);
#endif
  const auto [requests, failed, problems] = clients.stop();
  EXPECT_EQ(failed, 0u) << "of " << requests << ": " << ::testing::PrintToString(problems);
  EXPECT_EQ(said("drop refused"), 0u);
  EXPECT_EQ(said("lingering"), 0u);
  RecordProperty("requests", std::to_string(requests));
  std::cout << reloads << " reloads, " << requests << " requests, resident " << resident_before
            << " KiB after the tenth, " << resident_kib() << " KiB at the end\n";
}

}  // namespace
}  // namespace shoal::system
