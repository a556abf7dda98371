#pragma once

#include <memory>
#include <string>

#include "shoal/state.hpp"
#include "state/options.hpp"

namespace shoal::state {

class Environment;

/// The State of all groups: one folder, shared by all processes that open it. It must be on a local
/// file system, not on NFS.
///
/// Several objects in one process share the open store if their options are the same, or if the
/// later ones are read-only. Not to be used after fork in the child; exec is fine. Safe to call
/// from any thread.
class Store {
 public:
  /// Opens the store, or creates it. Throws StateError if that fails, or if this process has the
  /// store open with other options.
  explicit Store(const Options& options);

  /// Returns the State of `group`, which keeps the store open while it lives. Throws StateError if
  /// the name is empty or has more than 255 bytes.
  std::shared_ptr<State> of(const std::string& group) const;

 private:
  std::shared_ptr<Environment> environment_;  ///< null: read-only, and there is no store yet
  bool read_only_;
};

}  // namespace shoal::state
