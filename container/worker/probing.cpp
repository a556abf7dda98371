#include "worker/probing.hpp"

#include <spdlog/spdlog.h>

#include <optional>

#include "generations/probe_main.hpp"
#include "state/store.hpp"

namespace shoal::worker {

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
