#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "generations/generation.hpp"
#include "modules/kept.hpp"
#include "releases/probing/probe.hpp"
#include "modules/new_line.hpp"
#include "modules/order.hpp"

namespace shoal::modules {

/// Whom the loader works for: Registry. Every function is called on the loader thread.
class Desk {
 public:
  /// The next group to load. None when there is nothing to do before `look_again`.
  virtual std::optional<Order> take(std::chrono::steady_clock::time_point& look_again) = 0;

  /// The order is built; a null generation means that the group has no files any more.
  virtual void publish(const Order& order, std::shared_ptr<const Generation> generation) = 0;

  /// The order cannot be built: file, fact and remedy in `why`.
  virtual void refuse(const Order& order, const std::string& why) = 0;

  /// Retired, yet still mapped: `holder` says what keeps it. May be told again with another holder.
  virtual void linger(const std::string& group, unsigned long number,
                      const std::string& holder) = 0;

  /// A generation that was published has left nothing behind.
  virtual void forget(const std::string& group, unsigned long number) = 0;

  /// The order cannot be built just now, and is to be tried again: its files changed while they
  /// were staged, or the machine lacks what `why` says.
  virtual void put_back(const Order& order, const std::string& why) = 0;

 protected:
  ~Desk() = default;
};

/// The one thread that opens and closes shared objects, makes handlers and destroys them. One, so
/// that no two modules ever meet in the dynamic linker, and a request never waits for its lock.
class Loader {
 public:
  /// Without a probe, modules are opened here at once.
  Loader(Desk& desk, Stages& stages, const Kept& kept, Surroundings surroundings,
         std::optional<Probe> probe);

  /// Retires what is free and ends the thread. A generation that is still held then is never
  /// closed.
  ~Loader();

  /// Has the loader look at the desk. Safe to call from any thread.
  void wake();

 private:
  /// Where other threads leave work. Outlives the loader as long as any generation is held.
  struct Inbox {
    std::mutex mutex;
    std::condition_variable arrived;                   // of anything below
    std::vector<std::unique_ptr<Generation>> retired;  // guarded by mutex
    bool woken = false;                                // guarded by mutex
    bool closed = false;                               // guarded by mutex; no more orders
    bool ended = false;                                // guarded by mutex; nor retiring
  };

  /// A generation whose handlers are gone, but whose code is not.
  struct Lingering {
    std::string group;
    unsigned long number = 0;
    std::string label;
    std::filesystem::path folder;
    std::vector<std::string> thread_locals;
    std::string holder;                      ///< as it was told last
    std::unique_ptr<Generation> generation;  ///< threads run in it, so it is not closed yet
  };

  static void leave(Inbox& inbox, std::unique_ptr<Generation> generation);

  void run();
  void reload(const Order& order);
  std::unique_ptr<Generation> build(const Order& order);
  Kept::Draft copy_of(const Order& order, const Stage& stage);
  void keep(Kept::Draft& draft);
  void report(const std::string& problem);
  void try_out(const Staged& staged);
  void retire(std::unique_ptr<Generation> generation);
  bool is_gone(Lingering& lingering);
  void look_after_lingering();
  void abandon();

  Desk& desk_;
  Stages& stages_;
  const Kept& kept_;
  const Surroundings surroundings_;
  std::optional<Probe> probe_;        // loader thread only
  std::map<std::filesystem::path, std::unique_ptr<const Stage>> made_;  // loader thread only
  std::string unkept_;                // loader thread only; why, as the log has it
  std::vector<Lingering> lingering_;  // loader thread only
  std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  std::thread thread_;
};

}  // namespace shoal::modules
