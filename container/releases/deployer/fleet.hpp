#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

namespace shoal::releases {

/// The workers of a configuration, as its deployer knows them. Used by one thread.
class Fleet {
 public:
  /// `send` passes a message on to a worker; to all of them if the worker is 0.
  using Send = std::function<void(pid_t worker, nlohmann::json message)>;

  /// The generation of a group that serves.
  struct Served {
    unsigned long number = 0;
    std::string stage;  ///< name of the folder below run/stages
  };
  using List = std::map<std::string, Served>;  // by group

  explicit Fleet(Send send) : send_(std::move(send)) {}

  /// The worker has started, or its deployer has: it gets the list.
  void join(pid_t worker, const List& list);

  /// It has opened a list. Returns true if it belongs to the set from now on. If the list has
  /// changed meanwhile, it gets the new one.
  bool listed(pid_t worker, const std::map<std::string, unsigned long>& opened, const List& list);

  /// It cannot open this generation of the list.
  void failed(pid_t worker, const std::string& group, unsigned long number);

  /// It drains: nothing is awaited of it any more.
  void left(pid_t worker);

  void exited(pid_t worker) { workers_.erase(worker); }

  /// What it has mapped of a group.
  void mapped(pid_t worker, const std::string& group, unsigned long number);
  void unmapped(pid_t worker, const std::string& group, unsigned long number);

  /// Returns the largest number of generations of the group that a worker has mapped, and the
  /// oldest of these.
  std::set<unsigned long> most_mapped(const std::string& group) const;

  /// Returns the workers that belong to the set, the one that joined first first.
  std::vector<pid_t> set() const;
  bool has(pid_t worker) const;

  void send(pid_t worker, nlohmann::json message) const;
  void send_to_all(nlohmann::json message) const;

 private:
  enum class State { kListing, kJoined, kLeft };

  struct Worker {
    State state = State::kListing;
    unsigned long order = 0;  // of joining
    std::set<std::pair<std::string, unsigned long>> failed{};
    std::map<std::string, std::set<unsigned long>> mapped{};
  };

  void send_list(pid_t worker, const List& list) const;

  Send send_;
  std::map<pid_t, Worker> workers_;
  unsigned long joined_ = 0;
};

}  // namespace shoal::releases
