#include "serving/scoreboard.hpp"

#include <unistd.h>

namespace shoal::serving {

// REQUIRES: mutex_ is held.
void Seat::does(Doing doing) {
  task_.doing = doing;
  task_.since = Clock::now();
}

void Seat::sit_down() {
  io_ = &fastcgi::PeerIo::of_this_thread();
  const std::lock_guard lock(mutex_);
  task_.thread = ::gettid();
}

void Seat::reads() {
  const std::lock_guard lock(mutex_);
  does(Doing::kReading);
  task_.began = task_.since;
}

void Seat::waits(std::string_view request, std::string_view id, std::chrono::milliseconds timeout) {
  activity_.request = request;
  activity_.id = id;
  const std::lock_guard lock(mutex_);
  does(Doing::kWaiting);
  ++task_.number;
  task_.request = request;
  task_.id = id;
  task_.timeout = timeout;
}

void Seat::handles(std::string_view module, const modules::Generation& generation) {
  activity_.module = module;
  activity_.group = generation.group();
  activity_.generation = generation.label();
  activity_.files = generation.files_text().c_str();
  const std::lock_guard lock(mutex_);
  does(Doing::kHandling);
  task_.module = module;
  task_.generation = generation.label();
}

void Seat::writes() {
  const std::lock_guard lock(mutex_);
  does(Doing::kWriting);
}

void Seat::rests() {
  activity_.module = "";
  activity_.request = "";
  activity_.id = "";
  activity_.group = "";
  activity_.generation = "";
  activity_.files = nullptr;
  const std::lock_guard lock(mutex_);
  does(Doing::kIdle);
  task_.request.clear();
  task_.id.clear();
  task_.module.clear();
  task_.generation.clear();
  task_.timeout = {};
}

Seat::Task Seat::task() const {
  const std::lock_guard lock(mutex_);
  return task_;
}

std::vector<status::Thread> Scoreboard::threads() const {
  std::vector<status::Thread> threads;
  for (const auto& seat : seats_) {
    const Seat::Task task = seat.task();
    const std::chrono::duration<double> for_so_long = Seat::Clock::now() - task.since;
    threads.push_back({.number = static_cast<int>(threads.size()),
                       .state = task.doing,
                       .since = status::now() - for_so_long.count(),
                       .request = task.request,
                       .id = task.id,
                       .module = task.module,
                       .generation = task.generation});
  }
  return threads;
}

}  // namespace shoal::serving
