#pragma once

#include <memory>
#include <string>
#include <utility>

#include "generations/generation.hpp"
#include "releases/staging/prepare.hpp"

namespace shoal::generations {

// NOLINTNEXTLINE(google-build-using-namespace): what generations are made of, for their tests
using namespace releases;

/// What is to be loaded, and by which number.
struct Order {
  Members members;
  unsigned long number = 0;
};

inline Order order_of(std::string group, unsigned long number, Files files, Apps apps = {}) {
  if (apps.files.empty()) apps.files = files;
  return {{std::move(group), std::move(files), std::make_shared<const Apps>(std::move(apps)), {}},
          number};
}

/// Returns what the deployer prepares and a worker opens, without a probe. The stage is removed
/// after the generation.
inline std::shared_ptr<Generation> build(const Order& order, Stages& stages,
                                         const Configs& configs = {}, const OnStep& on_step = {}) {
  struct Loaded {
    Loaded(const Order& order, Stages& stages, const Surroundings& surroundings)
        : stage(stages, order.members.group, order.number, order.members.files),
          generation(staged(order), surroundings) {}

    Staged staged(const Order& order) const {
      Staged staged = prepare(stage, order.members, label());
      staged.number = order.number;
      return staged;
    }

    static std::string label() {
      static unsigned count = 0;
      return "~" + std::to_string(++count);
    }

    const Stage stage;
    Generation generation;
  };
  const auto loaded =
      std::make_shared<Loaded>(order, stages, Surroundings{configs, {}, false, on_step});
  return {loaded, &loaded->generation};
}

}  // namespace shoal::generations
