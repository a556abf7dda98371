#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "generations/generation.hpp"
#include "generations/inbox.hpp"
#include "generations/publisher.hpp"
#include "generations/retirement.hpp"

namespace shoal::generations {

/// The one thread that opens and closes shared objects, makes handlers and destroys them. One, so
/// that no two modules ever meet in the dynamic linker, and a request never waits for its lock. It
/// does what the deployer's messages say, in their order, and answers them.
///
/// Safe to use from any thread.
class Opener {
 public:
  using Send = std::function<void(nlohmann::json message)>;

  /// `publisher` outlives this. `send` is called on the opener's thread.
  Opener(std::filesystem::path run, Surroundings surroundings, Publisher& publisher, Send send);

  /// Retires what is free and ends the thread. What was not done yet is not done.
  ~Opener();
  Opener(const Opener&) = delete;
  Opener& operator=(const Opener&) = delete;

  /// Has the thread say `join`.
  void join();

  /// Has the thread do what a message says: see releases/deployer/messages.hpp. Which modules are
  /// present is noted at once.
  void take(const nlohmann::json& message);

  /// Has the thread open and publish what read_decisions() says.
  void open_recorded();

  bool has_list() const { return has_list_; }  ///< true once a list was taken
  bool complete() const {
    return complete_;
  }  ///< everything was judged, or what is recorded opened

  std::map<std::string, std::map<unsigned long, std::string>> lingering() const {
    return retirement_.lingering();
  }

 private:
  /// A generation as messages name it.
  struct Named {
    std::string group;
    unsigned long number = 0;
    std::string stage{};  ///< name of its folder; empty where it is not needed
  };
  using Act = void (Opener::*)(const nlohmann::json& message);

  static Act act_at(std::string_view word);
  static Named named_in(const nlohmann::json& message);

  void run();
  void act_on(const nlohmann::json& message);

  // What messages ask for.
  void open(const nlohmann::json& message);
  void serve(const nlohmann::json& message);
  void discard(const nlohmann::json& message);
  void withdraw(const nlohmann::json& message);
  void open_list(const nlohmann::json& message);
  void note_joined(const nlohmann::json& message);
  void note_judged(const nlohmann::json& message);
  void note_present(const nlohmann::json& message);
  void report(const nlohmann::json& message);

  /// Opens it if it is not open. If that fails, answers why, and returns false.
  bool make_open(const Named& named, bool serves);
  std::shared_ptr<const Generation> opened(const Named& named);
  void answer_failure(const Named& named, bool serves, const std::string& why,
                      const std::string& module, bool lacks);
  void publish_only(const std::vector<Named>& list);
  void say(const char* word, const Named& named);
  void forget(const std::string& group, unsigned long number);

  const std::filesystem::path run_folder_;
  const Surroundings surroundings_;
  Publisher& publisher_;
  const Send send_;
  Retirement retirement_;
  std::map<std::string, std::set<unsigned long>> mapped_;  // thread only; opened, not unmapped yet
  bool joined_ = false;                                    // thread only
  std::atomic<bool> has_list_ = false;
  std::atomic<bool> complete_ = false;
  const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  std::thread thread_;  // last: begins when the others are there
};

}  // namespace shoal::generations
