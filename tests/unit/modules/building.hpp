#pragma once

#include <memory>
#include <string>
#include <utility>

#include "generations/generation.hpp"
#include "releases/staging/opening.hpp"

namespace shoal::modules {

inline Order order_of(std::string group, unsigned long number, Files files, Apps apps = {}) {
  if (apps.files.empty()) apps.files = files;
  return {std::move(group),
          number,
          std::move(files),
          std::make_shared<const Apps>(std::move(apps)),
          {}};
}

/// Does what the loader does, without a probe.
inline std::unique_ptr<Generation> build(const Order& order, Stages& stages,
                                         const Configs& configs = {}, const OnStep& on_step = {}) {
  auto stage = std::make_unique<const Stage>(stages, order.group, order.number, order.files);
  const Prepared prepared = prepare(*stage, order);
  return std::make_unique<Generation>(order, std::move(stage), prepared,
                                      Surroundings{configs, {}, false, on_step});
}

}  // namespace shoal::modules
