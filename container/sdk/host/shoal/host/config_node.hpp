#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "shoal/config.hpp"

namespace shoal {

/// One setting. settings/ builds a tree of these from YAML, and Config reads it. Immutable once
/// built, except for the notes of what was read, which are safe to change from any thread.
struct Config::Node {
  enum class Kind { kScalar, kList, kMap };

  Kind kind = Kind::kMap;
  std::string where;   ///< `conf/shoal.yaml:31: modules.hello.repeat`, the start of every error
  std::string scalar;  ///< of a kScalar
  std::vector<std::shared_ptr<const Node>> list;                         ///< of a kList
  std::vector<std::pair<std::string, std::shared_ptr<const Node>>> map;  ///< of a kMap, in order

  mutable std::atomic<bool> was_read{false};  ///< keys that were not read are logged

  /// Keys that the module has read and `map` does not have: what a misspelt key may have meant.
  mutable base::Mutex absent_mutex;
  mutable std::vector<std::string> absent SHOAL_GUARDED_BY(absent_mutex);
};

}  // namespace shoal
