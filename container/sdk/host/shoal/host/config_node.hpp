#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "shoal/config.hpp"

namespace shoal {

/// What settings/ builds from YAML and Config reads. Immutable once built, but for
/// what was asked of it.
struct Config::Node {
  enum class Kind { kScalar, kList, kMap };

  Kind kind = Kind::kMap;
  std::string where;   ///< `conf/shoal.yaml:31: modules.hello.repeat`, the start of every error
  std::string scalar;  ///< kScalar
  std::vector<std::shared_ptr<const Node>> list;                         ///< kList
  std::vector<std::pair<std::string, std::shared_ptr<const Node>>> map;  ///< kMap, in file order
  mutable std::atomic<bool> asked{false};  ///< set by any read; unused keys are reported
  mutable std::mutex missed_mutex;
  mutable std::vector<std::string> missed;  ///< names asked for that `map` lacks: what slips meant
};

}  // namespace shoal
