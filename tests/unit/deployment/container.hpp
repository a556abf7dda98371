#pragma once

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/own_thread.hpp"
#include "generations/generations.hpp"
#include "releases/deployer/deployer.hpp"
#include "releases/history/decisions.hpp"

namespace shoal::test {

/// A deployer on a thread of its own, as it runs in its process, and workers of this process: all
/// of a container that decides, opens and serves, without its processes. What the supervisor passes
/// on between them is passed on here.
class Container {
 public:
  struct Parts {
    std::filesystem::path apps;
    std::filesystem::path run;
    releases::Grouping grouping = releases::Grouping::top_level();
    releases::SweepRules rules{};
    releases::Configs configs{};
    releases::HistoryRules history{};
    std::string service = "1";
  };

  explicit Container(Parts parts)
      : parts_(std::move(parts)), feed_(releases::Feed::make()), wake_(::eventfd(0, EFD_CLOEXEC)) {
    start_deployer();
  }
  ~Container() {
    for (const auto& worker : workers_) {
      if (worker) worker->end();
    }
    for (const auto& worker : lost_) worker->end();
    stop_deployer();
  }
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;

  /// Starts a worker, which has judged or opened everything when this returns. Its number counts
  /// from 0.
  generations::Generations& start_worker() {
    const auto id = static_cast<pid_t>(++last_worker_);
    const auto worker = std::make_shared<Worker>();
    worker->id = id;
    {
      const std::lock_guard lock(mutex_);
      workers_.push_back(worker);
    }
    auto made = std::make_unique<generations::Generations>(generations::Generations::Parts{
        .run = parts_.run,
        .feed = feed_,
        .grouping = parts_.grouping,
        .rules = {.interval = parts_.rules.interval, .wait = parts_.rules.wait},
        .surroundings = {parts_.configs, {}, false, {}},
        .send = [this, id](nlohmann::json message) {
          tell({{"say", "from"}, {"worker", id}, {"message", std::move(message)}});
        }});
    auto& generations = *made;
    {
      const std::lock_guard lock(worker->mutex);
      worker->generations = std::move(made);
      for (const auto& message : std::exchange(worker->early, {})) generations.handle(message);
    }
    while (!generations.complete()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return generations;
  }

  /// Ends the worker, as if its process had exited.
  void end_worker(std::size_t number) {
    std::shared_ptr<Worker> ended;
    {
      const std::lock_guard lock(mutex_);
      ended = std::exchange(workers_.at(number), nullptr);
    }
    ended->end();
    tell({{"say", "exited"}, {"worker", ended->id}, {"how", "exited"}, {"reported", false}});
  }

  /// The worker's process dies, whatever its thread does: nothing that it says is heard any more.
  /// `words` are what the supervisor adds: `reported`, `generation`, `how`.
  void lose_worker(std::size_t number, nlohmann::json words = nlohmann::json::object()) {
    std::shared_ptr<Worker> lost;
    {
      const std::lock_guard lock(mutex_);
      lost = std::exchange(workers_.at(number), nullptr);
      lost->lost = true;
      lost_.push_back(lost);
    }
    words["say"] = "exited";
    words["worker"] = lost->id;
    tell(std::move(words));
  }

  /// From here on the worker takes no message, as if its process were stopped.
  void stop_worker(std::size_t number) {
    const auto worker = worker_at(number);
    const std::lock_guard lock(worker->mutex);
    worker->stopped = true;
  }
  void resume_worker(std::size_t number) {
    const auto worker = worker_at(number);
    const std::lock_guard lock(worker->mutex);
    worker->stopped = false;
    for (const auto& message : std::exchange(worker->early, {})) {
      worker->generations->handle(message);
    }
  }

  /// Tells the deployer something, as the supervisor does.
  void tell(nlohmann::json message) {
    const std::lock_guard lock(mutex_);
    to_deployer_.push_back(std::move(message));
    ::eventfd_write(wake_.get(), 1);
  }

  /// Asks a question as a command does, and returns the answer.
  nlohmann::json ask(nlohmann::json words) { return answer_to(ask_only(std::move(words))); }

  /// Asks a question; answer_to returns the answer.
  unsigned ask_only(nlohmann::json words) {
    const unsigned question = ++last_question_;
    nlohmann::json message{
        {"say", "question"}, {"question", question}, {"who", "tester"}, {"words", words}};
    {
      const std::lock_guard lock(mutex_);
      unanswered_[question] = message;
    }
    tell(std::move(message));
    return question;
  }
  nlohmann::json answer_to(unsigned question) {
    while (!is_answered(question)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::lock_guard lock(mutex_);
    return answers_.at(question);
  }
  bool is_answered(unsigned question) {
    const std::lock_guard lock(mutex_);
    return answers_.contains(question);
  }

  /// Lets the deployer end, wherever it is, and starts another one, which knows what is on disk.
  /// `between` happens while there is none.
  void replace_deployer(const std::function<void()>& between = [] {}) {
    stop_deployer();
    between();
    succeed();
  }

  /// The same, but what it worked on stays recorded, as when it is killed.
  void kill_deployer() {
    halt();
    const auto works = releases::read_works(parts_.run);
    deployer_.reset();
    for (const auto& [group, work] : works) releases::write_work(parts_.run, group, work);
    succeed();
  }

  /// Looks at what the deployer knows of a group, on its thread.
  releases::Group group(const std::string& name) const {
    const std::lock_guard lock(deployer_mutex_);
    const auto found = deployer_->groups().find(name);
    return found == deployer_->groups().end() ? releases::Group{} : found->second;
  }

  /// From here on no worker gets a message with this word; empty: all get all.
  void lose_messages(const std::string& word) {
    const std::lock_guard lock(mutex_);
    lost_word_ = word;
  }

  /// What the deployer has asked the supervisor for, but for answers and messages to workers.
  std::vector<nlohmann::json> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  struct Worker {
    pid_t id = 0;
    std::mutex mutex;
    std::unique_ptr<generations::Generations> generations;  // guarded by mutex
    std::deque<nlohmann::json> early;  // guarded by mutex; what it could not take yet
    bool stopped = false;              // guarded by mutex
    std::atomic<bool> lost = false;

    void take(const nlohmann::json& message) {
      const std::lock_guard lock(mutex);
      if (generations && !stopped) return generations->handle(message);
      early.push_back(message);
    }
    void end() {
      std::unique_ptr<generations::Generations> ended;
      const std::lock_guard lock(mutex);
      ended = std::move(generations);
    }
  };

  void start_deployer() {
    ending_ = false;
    deployer_ = std::make_unique<releases::Deployer>(
        releases::DeployerParts{.apps = parts_.apps,
                                .run = parts_.run,
                                .grouping = parts_.grouping,
                                .rules = parts_.rules,
                                .configs = parts_.configs,
                                .history = parts_.history,
                                .probe = {},
                                .feed = feed_,
                                .service = parts_.service,
                                .send = [this](nlohmann::json message) { hear(message); }});
    thread_ = std::thread([this] { run(); });
  }

  void stop_deployer() {
    halt();
    deployer_.reset();
  }

  void halt() {
    ending_ = true;
    ::eventfd_write(wake_.get(), 1);
    thread_.join();
  }

  /// What the deployer has not read is lost; the supervisor keeps the questions.
  void succeed() {
    {
      const std::lock_guard lock(mutex_);
      to_deployer_.clear();
      for (const auto& worker : workers_) {
        if (worker) to_deployer_.push_back({{"say", "worker"}, {"worker", worker->id}});
      }
      for (const auto& [number, message] : unanswered_) to_deployer_.push_back(message);
    }
    start_deployer();
  }

  std::shared_ptr<Worker> worker_at(std::size_t number) {
    const std::lock_guard lock(mutex_);
    return workers_.at(number);
  }

  void run() {
    const base::OwnThread own_thread;
    while (!ending_) {
      std::vector<pollfd> watched{{wake_.get(), POLLIN, 0}};
      auto deadline = std::chrono::steady_clock::time_point();
      {
        const std::lock_guard lock(deployer_mutex_);
        for (const int descriptor : deployer_->descriptors()) {
          watched.push_back({descriptor, POLLIN, 0});
        }
        deadline = deployer_->deadline();
      }
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      ::poll(watched.data(), watched.size(),
             static_cast<int>(std::clamp<long>(left.count(), 0, 1'000)));
      eventfd_t times = 0;
      if ((watched[0].revents & POLLIN) != 0) ::eventfd_read(wake_.get(), &times);
      std::deque<nlohmann::json> messages;
      {
        const std::lock_guard lock(mutex_);
        messages = std::exchange(to_deployer_, {});
      }
      const std::lock_guard lock(deployer_mutex_);
      for (const auto& message : messages) deployer_->handle(message);
      deployer_->step();
    }
  }

  /// On the deployer's thread, or on the one that makes the deployer.
  void hear(const nlohmann::json& message) {
    const std::string said = message.at("say");
    if (said == "to") {
      const auto to = message.value("worker", pid_t{0});
      std::vector<std::shared_ptr<Worker>> addressed;
      {
        const std::lock_guard lock(mutex_);
        if (message.at("message").at("say") == lost_word_) return;
        for (const auto& worker : workers_) {
          if (worker && (to == 0 || worker->id == to)) addressed.push_back(worker);
        }
      }
      for (const auto& worker : addressed) worker->take(message.at("message"));
      return;
    }
    const std::lock_guard lock(mutex_);
    if (said == "answer") {
      unanswered_.erase(message.at("question").get<unsigned>());
      answers_[message.at("question").get<unsigned>()] = message.at("words");
    } else {
      requests_.push_back(message);
    }
  }

  const Parts parts_;
  const releases::Feed feed_;
  const base::Descriptor wake_;
  std::mutex mutex_;
  std::deque<nlohmann::json> to_deployer_;         // guarded by mutex_
  std::vector<std::shared_ptr<Worker>> workers_;   // guarded by mutex_
  std::vector<std::shared_ptr<Worker>> lost_;      // guarded by mutex_
  std::map<unsigned, nlohmann::json> unanswered_;  // guarded by mutex_; questions
  std::map<unsigned, nlohmann::json> answers_;     // guarded by mutex_
  std::vector<nlohmann::json> requests_;           // guarded by mutex_
  std::string lost_word_;                          // guarded by mutex_
  std::atomic<unsigned> last_worker_ = 0;
  std::atomic<unsigned> last_question_ = 0;
  mutable std::mutex deployer_mutex_;
  std::unique_ptr<releases::Deployer> deployer_;  // guarded by deployer_mutex_
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace shoal::test
