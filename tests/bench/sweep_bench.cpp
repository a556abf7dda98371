// Measures what the sweep costs a request when nothing was dropped: at most half a microsecond,
// however many modules there are. Here each module is a group of its own, which is the worst case.
// `quiet_sweep` is all of it, with the snapshot that a request gets; `quiet_check` is what a worker
// looks at to know that nothing was dropped.
#include <benchmark/benchmark.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "generations/generations.hpp"
#include "releases/apps/folder.hpp"
#include "releases/freshness/feed.hpp"

namespace {

namespace fs = std::filesystem;
using shoal::generations::Generations;

/// A folder of `modules` empty files that a deployer watches, and the page with a group for each.
class Watched {
 public:
  explicit Watched(long modules)
      : root_(fs::path(SHOAL_BENCH_FOLDER) / ("watched" + std::to_string(modules))) {
    fs::remove_all(root_);
    fs::create_directories(root_ / "apps");
    for (long i = 0; i < modules; ++i) {
      std::ofstream(root_ / "apps" / ("m" + std::to_string(i) + ".so"));
    }
    folder_ = std::make_unique<Folder>(root_ / "apps", WatchMode::kInotify,
                                       std::chrono::milliseconds(1'000), feed_.inotify);
    for (const auto& [module, file] : folder_->files()) {
      feed_.page->add(module);
    }
    seen_ = feed_.page->changes();
    if (!is_quiet() || feed_.page->groups() != modules) throw std::runtime_error("is not quiet");
    fs::permissions(root_ / "apps/m0.so", fs::perms::owner_all);
    if (is_quiet()) throw std::runtime_error("is not watched");
    folder_->refresh();
    if (!is_quiet()) throw std::runtime_error("is not quiet again");
  }
  ~Watched() { fs::remove_all(root_); }

  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  /// A worker of this deployer, to which nothing was told to open.
  std::unique_ptr<Generations> worker() const {
    return std::make_unique<Generations>(
        Generations::Parts{.run = root_ / "run",
                           .feed = feed_,
                           .grouping = shoal::releases::Grouping::top_level(),
                           .rules = {},
                           .surroundings = {},
                           .send = [](const nlohmann::json&) {}});
  }

  /// What a worker looks at when a request begins.
  bool is_quiet() const {
    return !feed_.queued() && feed_.page->reading() % 2 == 0 && feed_.page->changes() == seen_;
  }

 private:
  using Folder = shoal::releases::Folder;
  using WatchMode = shoal::releases::WatchMode;

  const fs::path root_;
  const shoal::releases::Feed feed_ = shoal::releases::Feed::make();
  std::unique_ptr<Folder> folder_;
  std::uint32_t seen_ = 0;
};

void quiet_sweep(benchmark::State& state, Generations& worker) {
  for (auto _ : state) benchmark::DoNotOptimize(worker.enter("m0", "m0"));
}

void quiet_check(benchmark::State& state, const Watched& watched) {
  for (auto _ : state) benchmark::DoNotOptimize(watched.is_quiet());
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_level(spdlog::level::warn);  // without it, a line for each of a thousand modules
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;

  std::vector<std::unique_ptr<Watched>> folders;
  std::vector<std::unique_ptr<Generations>> workers;
  for (const long modules : {1, 10'000}) {
    const auto& watched = *folders.emplace_back(std::make_unique<Watched>(modules));
    benchmark::RegisterBenchmark(("quiet_check/" + std::to_string(modules)).c_str(),
                                 [&watched](auto& state) { quiet_check(state, watched); });
    auto& worker = *workers.emplace_back(watched.worker());
    benchmark::RegisterBenchmark(("quiet_sweep/" + std::to_string(modules)).c_str(),
                                 [&worker](auto& state) { quiet_sweep(state, worker); });
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
