#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "modules/generation.hpp"

namespace shoal::modules {

/// What one load is to build.
struct Order {
  std::string group;
  unsigned long number = 0;  ///< of the generation that comes of it
  Files files;               ///< none: the group is gone
};

/// Whom the loader works for: Registry. Every function is called on the loader thread.
class Desk {
 public:
  /// The next group to load. None when there is nothing to do before `look_again`.
  virtual std::optional<Order> take(std::chrono::steady_clock::time_point& look_again) = 0;

  /// The order is built; a null generation means that the group has no files any more.
  virtual void publish(const Order& order, std::shared_ptr<const Generation> generation) = 0;

  /// The order cannot be built: file, fact and remedy in `why`.
  virtual void refuse(const Order& order, const std::string& why) = 0;

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
  Loader(Desk& desk, Stages& stages, Configs configs);

  /// Retires what is free and ends the thread. A generation that is still held then is never
  /// closed.
  ~Loader();

  /// Has the loader look at the desk. Safe to call from any thread.
  void wake();

 private:
  /// Where other threads leave work. Outlives the loader as long as any generation is held.
  struct Inbox {
    std::mutex mutex;
    std::condition_variable arrived;                         // of anything below
    std::vector<std::unique_ptr<const Generation>> retired;  // guarded by mutex
    bool woken = false;                                      // guarded by mutex
    bool closed = false;                                     // guarded by mutex; no more orders
    bool ended = false;                                      // guarded by mutex; nor retiring
  };

  static void leave(Inbox& inbox, std::unique_ptr<const Generation> generation);

  void run();
  void reload(const Order& order);
  void retire(std::vector<std::unique_ptr<const Generation>> generations);

  Desk& desk_;
  Stages& stages_;
  const Configs configs_;
  std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  std::thread thread_;
};

}  // namespace shoal::modules
