#pragma once

#include <memory>
#include <string>

#include "shoal/state.hpp"
#include "state/options.hpp"

namespace shoal::state {

class Environment;

/// Where the State of all groups is kept: one folder, shared by all processes that open it. It must
/// lie on a local file system.
///
/// A store that is open in this process already is shared: with the same options, or read-only.
/// Not to be used across fork; exec is fine. Safe to call from any thread.
class Store {
 public:
  /// Opens the store, or makes it. Throws StateError when it cannot, or when this process has it
  /// open with options that differ.
  explicit Store(const Options& options);

  /// What belongs to `group`. Keeps the store open for as long as it lives. Throws StateError when
  /// the name has more than 255 bytes, or none.
  std::shared_ptr<State> of(const std::string& group) const;

 private:
  std::shared_ptr<Environment> environment_;  ///< null: read-only, and nothing is there
  bool read_only_;
};

}  // namespace shoal::state
