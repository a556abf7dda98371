#include "worker/probing.hpp"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <optional>

#include "generations/probe_main.hpp"
#include "state/store.hpp"

namespace shoal::worker {
namespace {

namespace fs = std::filesystem;

/// Returns a path that starts this program again. /proc/self/exe is right even after an upgrade has
/// replaced the file. Under valgrind it is valgrind, and only the text of the link names this
/// program.
std::string this_program() {
  const char* const self = "/proc/self/exe";
  std::error_code ignored;
  const fs::path named = fs::read_symlink(self, ignored);
  const bool is_another = fs::exists(named, ignored) && !fs::equivalent(self, named, ignored);
  return is_another ? named.native() : self;
}

}  // namespace

releases::Probe probe_of(const settings::State& state, const std::string& remedy) {
  return {{this_program(), kProbeCommand, state.path.native(), std::to_string(state.size)}, remedy};
}

int run_probe(const ProbeArguments& arguments) {
  spdlog::set_level(spdlog::level::off);  // a module logs when a worker loads it
  std::optional<state::Store> store;
  return generations::probe_main([&](const std::string& group) {
    if (!store)
      store.emplace(
          state::Options{.path = arguments.state, .size = arguments.size, .read_only = true});
    return store->of(group);
  });
}

}  // namespace shoal::worker
