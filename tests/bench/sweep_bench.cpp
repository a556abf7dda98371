// Measures what the sweep costs a request when nothing was dropped: at most half a microsecond,
// however many modules there are. Here each module is a group of its own, which is the worst case.
#include <benchmark/benchmark.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "modules/registry.hpp"

namespace {

namespace fs = std::filesystem;
using shoal::modules::Grouping;
using shoal::modules::Ledger;
using shoal::modules::Registry;
using shoal::modules::Surroundings;
using shoal::modules::SweepRules;

/// A registry that serves `modules` copies of apps/hello, in a folder that is removed with it.
class Copies {
 public:
  explicit Copies(long modules) : folder_(fs::path(SHOAL_BENCH_FOLDER) / std::to_string(modules)) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "apps");
    for (long i = 0; i < modules; ++i) {
      fs::copy_file(SHOAL_BENCH_MODULE, folder_ / "apps" / (name(i) + ".so"));
    }
    ledger_ = std::make_unique<Ledger>(folder_ / "run");
    registry_ = std::make_unique<Registry>(folder_ / "apps", folder_ / "run", *ledger_,
                                           Grouping::top_level(), SweepRules{}, Surroundings{});
    // If the modules had been refused, the sweep would be quick and the figure meaningless.
    for (long i = 0; i < modules; ++i) {
      const auto* entry = registry_->enter(name(i))->find(name(i));
      if (entry == nullptr || entry->handler == nullptr) {
        throw std::runtime_error(name(i) + " was not loaded");
      }
    }
  }

  ~Copies() {
    registry_.reset();
    fs::remove_all(folder_);
  }

  Copies(const Copies&) = delete;
  Copies& operator=(const Copies&) = delete;

  Registry& registry() { return *registry_; }

 private:
  static std::string name(long i) { return "m" + std::to_string(i); }

  const fs::path folder_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Registry> registry_;
};

void quiet_sweep(benchmark::State& state, Registry& registry) {
  for (auto _ : state) benchmark::DoNotOptimize(registry.enter("m0"));
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_level(spdlog::level::warn);  // without it, a line for each of a thousand modules
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;

  std::vector<std::unique_ptr<Copies>> all;  // loaded once, not for each repetition
  for (const long modules : {1, 100, 1000}) {
    auto& registry = all.emplace_back(std::make_unique<Copies>(modules))->registry();
    benchmark::RegisterBenchmark(("quiet_sweep/" + std::to_string(modules)).c_str(),
                                 [&registry](auto& state) { quiet_sweep(state, registry); });
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
