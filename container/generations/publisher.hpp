#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/mutex.hpp"
#include "generations/snapshot.hpp"

namespace shoal::generations {

/// The number of a generation, by group.
using Numbers = std::map<std::string, unsigned long>;

/// Holds the generations that are open in this process: at most one of each group that requests
/// see, and at most one of each that is ready to be seen. Safe to use from any thread.
///
/// Does not close anything: a generation that is dropped here goes where its owner had it go, when
/// no request holds it any more.
class Publisher {
 public:
  using Held = std::shared_ptr<const Generation>;
  using Present = std::map<std::string, Snapshot::Names>;  ///< modules, by group

  /// What requests see, and how often what is held had changed by then.
  struct View {
    std::shared_ptr<const Snapshot> snapshot;
    std::uint64_t changes = 0;
  };

  Publisher();

  std::shared_ptr<const Snapshot> snapshot() const;
  View view() const;

  /// Waits until what is held has changed since that view. Returns false if it does not before
  /// `until`.
  bool wait_for_change(std::uint64_t seen, std::chrono::steady_clock::time_point until) const;

  /// Returns true if this generation is ready, or is what requests see.
  bool has(const std::string& group, unsigned long number) const;

  /// Holds it ready, in the place of another one of its group that was ready.
  void hold_ready(Held generation);

  /// Has requests see this generation from now on. Returns false if it is neither ready nor seen.
  bool publish(const std::string& group, unsigned long number);

  /// Has requests see these generations, as far as they are here, and no other groups: one step, so
  /// that a long list costs one snapshot.
  void publish_only(const Numbers& list);

  /// Drops the generation if it is ready.
  void discard(const std::string& group, unsigned long number);

  /// From now on requests see no generation of the group. With a number: only if it is this one.
  void withdraw(const std::string& group);
  void withdraw(const std::string& group, unsigned long number);

  /// Says which modules lie in the apps folder. Requests to those of a group without a generation
  /// find that they are not loaded; to other modules without a handler, that there are none.
  void set_present(Present present);

  Numbers published() const;
  Numbers ready() const;

  /// Drops everything, also what comes later.
  void close();

 private:
  void replace_snapshot() SHOAL_REQUIRES(changing_);
  void replace_group(const std::string& group) SHOAL_REQUIRES(changing_);
  void show(std::shared_ptr<const Snapshot> snapshot);

  /// Held while a new snapshot is made, which takes a while: requests do not wait for it.
  mutable base::Mutex changing_;
  Snapshot::Generations published_ SHOAL_GUARDED_BY(changing_);
  Snapshot::Generations ready_ SHOAL_GUARDED_BY(changing_);
  Present present_ SHOAL_GUARDED_BY(changing_);
  bool closed_ SHOAL_GUARDED_BY(changing_) = false;

  /// Taken after `changing_`, and for a moment only.
  mutable base::Mutex mutex_;
  mutable std::condition_variable_any changed_;
  View view_ SHOAL_GUARDED_BY(mutex_);
};

}  // namespace shoal::generations
