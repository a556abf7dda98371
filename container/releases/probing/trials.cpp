#include "releases/probing/trials.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <system_error>
#include <thread>
#include <utility>

#include "base/descriptor.hpp"
#include "base/failure.hpp"
#include "base/mutex.hpp"
#include "base/own_thread.hpp"
#include "releases/linking/load_error.hpp"
#include "releases/probing/make_trial.hpp"

namespace shoal::releases {
namespace {

constexpr std::size_t kMostThreads = 16;

base::Descriptor new_event() {
  base::Descriptor event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) {
    base::fail<Unavailable>({.thing = "trials",
                             .fact = "cannot make an eventfd",
                             .error = errno,
                             .remedy = "out of file descriptors or memory; will retry"});
  }
  return event;
}

void raise_event(const base::Descriptor& event) { ::eventfd_write(event.get(), 1); }

void lower_event(const base::Descriptor& event) {
  eventfd_t count = 0;
  ::eventfd_read(event.get(), &count);
}

}  // namespace

/// The threads and what lies between them and the user of Trials. Each thread has a probe of its
/// own, since the process of a probe ends with the thread that started it.
class Trials::Pool {
 public:
  explicit Pool(Parts parts)
      : parts_(std::move(parts)),
        processors_(parts_.processors > 0 ? parts_.processors
                                          : std::max(1u, std::thread::hardware_concurrency())) {}
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  bool has_room();
  void begin(TrialOrder order);
  std::vector<TrialResult> finished();
  int descriptor() const { return told_.get(); }

 private:
  void work();
  std::optional<TrialOrder> take();
  void give(TrialResult result, bool counts);
  void stop_counting();
  bool start_thread();

  const Parts parts_;
  const unsigned processors_;
  const base::Descriptor told_ = new_event();
  const base::Descriptor cancel_ = new_event();  // readable from the destructor on
  base::Mutex mutex_;
  std::condition_variable_any changed_;  // of anything below
  std::deque<TrialOrder> waiting_ SHOAL_GUARDED_BY(mutex_);
  std::vector<TrialResult> results_ SHOAL_GUARDED_BY(mutex_);
  unsigned running_ SHOAL_GUARDED_BY(mutex_) = 0;
  unsigned counting_ SHOAL_GUARDED_BY(mutex_) = 0;  // of those, without the slow ones
  bool closed_ SHOAL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // only of the thread that uses Trials
};

Trials::Pool::~Pool() {
  {
    const base::MutexLock lock(mutex_);
    closed_ = true;
  }
  raise_event(cancel_);
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool Trials::Pool::has_room() {
  const base::MutexLock lock(mutex_);
  return waiting_.empty() && counting_ < processors_ && running_ < kMostThreads;
}

void Trials::Pool::begin(TrialOrder order) {
  const std::string group = order.members.group;
  const unsigned long number = order.number;
  bool needs_thread = false;
  {
    const base::MutexLock lock(mutex_);
    waiting_.push_back(std::move(order));
    needs_thread = threads_.size() - running_ < waiting_.size() && threads_.size() < kMostThreads;
  }
  if (needs_thread && !start_thread() && threads_.empty()) {
    const base::MutexLock lock(mutex_);
    waiting_.clear();
    results_.push_back({.kind = TrialResult::Kind::kUnavailable,
                        .group = group,
                        .number = number,
                        .why = "cannot start a thread for a trial; will retry"});
    raise_event(told_);
  }
  changed_.notify_all();
}

/// Returns false if the machine has no thread to give. The others take what waits.
bool Trials::Pool::start_thread() try {
  threads_.emplace_back([this] { work(); });
  return true;
} catch (const std::system_error&) {
  return false;
}

void Trials::Pool::work() {
  const base::OwnThread own_thread;
  bool counts = true;
  std::optional<Probe> probe;
  if (parts_.command) {
    const auto on_slow = [&] {
      if (std::exchange(counts, false)) stop_counting();
    };
    probe.emplace(*parts_.command, parts_.remedy,
                  ProbeRules{.limit = parts_.limit, .cancel = cancel_.get(), .on_slow = on_slow});
  }
  while (const auto order = take()) {
    counts = true;
    TrialResult result = make_trial(*order, probe ? &*probe : nullptr);
    give(std::move(result), counts);
  }
}

/// Waits for an order and its turn. Returns nullopt at the end.
std::optional<TrialOrder> Trials::Pool::take() {
  base::MutexLock lock(mutex_);
  while (!closed_ && (waiting_.empty() || counting_ >= processors_)) changed_.wait(lock);
  if (closed_) return std::nullopt;
  TrialOrder order = std::move(waiting_.front());
  waiting_.pop_front();
  ++running_;
  ++counting_;
  return order;
}

void Trials::Pool::give(TrialResult result, bool counts) {
  {
    const base::MutexLock lock(mutex_);
    results_.push_back(std::move(result));
    --running_;
    if (counts) --counting_;
  }
  raise_event(told_);
  changed_.notify_all();
}

void Trials::Pool::stop_counting() {
  {
    const base::MutexLock lock(mutex_);
    --counting_;
  }
  raise_event(told_);
  changed_.notify_all();
}

std::vector<TrialResult> Trials::Pool::finished() {
  lower_event(told_);
  const base::MutexLock lock(mutex_);
  return std::exchange(results_, {});
}

Trials::Trials(Parts parts) : pool_(std::make_unique<Pool>(std::move(parts))) {}
Trials::~Trials() = default;

bool Trials::has_room() const { return pool_->has_room(); }
void Trials::begin(TrialOrder order) { pool_->begin(std::move(order)); }
std::vector<TrialResult> Trials::finished() { return pool_->finished(); }
int Trials::descriptor() const { return pool_->descriptor(); }

}  // namespace shoal::releases
