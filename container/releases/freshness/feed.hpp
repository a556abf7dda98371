#pragma once

#include <memory>

#include "base/descriptor.hpp"
#include "releases/freshness/page.hpp"

namespace shoal::releases {

/// What the processes of one configuration share to know what is fresh. The supervisor makes it and
/// keeps it as long as the configuration lives, so that a deployer that dies loses no event. Its
/// children inherit it.
struct Feed {
  std::shared_ptr<Page> page;

  /// An inotify descriptor. Only the deployer adds watches and reads it; workers ask how much is
  /// queued.
  std::shared_ptr<const base::Descriptor> inotify;

  /// An eventfd. A worker writes to it to have the deployer compare everything.
  std::shared_ptr<const base::Descriptor> wake;

  /// Throws std::system_error. `inotify` is null where the kernel grants no more of them: then the
  /// deployer compares.
  static Feed make();

  /// Returns whether the kernel has queued an event that nobody has read: one system call, which is
  /// most of what a quiet sweep costs. Safe to call from any thread.
  bool queued() const;

  /// Asks the deployer to compare everything. Safe to call from any thread.
  void ask_to_compare() const;
};

}  // namespace shoal::releases
