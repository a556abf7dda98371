#include "modules/loader.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "modules/load_error.hpp"

namespace shoal::modules {

using Clock = std::chrono::steady_clock;

Loader::Loader(Desk& desk, Stages& stages, Configs configs)
    : desk_(desk), stages_(stages), configs_(std::move(configs)), thread_([this] { run(); }) {}

Loader::~Loader() {
  {
    const std::lock_guard lock(inbox_->mutex);
    inbox_->closed = true;
  }
  inbox_->arrived.notify_one();
  thread_.join();
}

void Loader::wake() {
  {
    const std::lock_guard lock(inbox_->mutex);
    inbox_->woken = true;
  }
  inbox_->arrived.notify_one();
}

void Loader::run() {
  auto look_again = Clock::now();
  for (;;) {
    std::unique_lock lock(inbox_->mutex);
    inbox_->arrived.wait_until(lock, look_again, [&] {
      return inbox_->woken || inbox_->closed || !inbox_->retired.empty();
    });
    inbox_->woken = false;
    const bool closed = inbox_->closed;
    inbox_->ended = closed;
    auto retired = std::exchange(inbox_->retired, {});
    lock.unlock();

    retire(std::move(retired));
    if (closed) return;
    look_again = Clock::now() + std::chrono::hours(1);
    if (const auto order = desk_.take(look_again)) {
      reload(*order);
      look_again = Clock::now();  // one at a time: what it set free is retired before the next
    }
  }
}

/// One reload, a straight line. Whatever fails before `publish` drops all of the new and nothing
/// else.
void Loader::reload(const Order& order) {
  try {
    if (order.files.empty()) return desk_.publish(order, nullptr);
    auto built = std::make_unique<const Generation>(order.group, order.number, order.files, stages_,
                                                    configs_);
    const auto leave_here = [inbox = inbox_](const Generation* generation) {
      leave(*inbox, std::unique_ptr<const Generation>(generation));
    };
    desk_.publish(order, {built.release(), leave_here});
  } catch (const FilesChanged&) {
    desk_.put_back(order, {});
  } catch (const Unavailable& error) {
    desk_.put_back(order, error.what());
  } catch (const std::exception& error) {
    desk_.refuse(order, error.what());
  }
}

/// The last one out comes by here, on whatever thread it is.
void Loader::leave(Inbox& inbox, std::unique_ptr<const Generation> generation) {
  const std::lock_guard lock(inbox.mutex);
  if (inbox.ended) {
    (void)generation.release();  // nobody is left who may close it; the process is ending
    return;
  }
  inbox.retired.push_back(std::move(generation));
  inbox.arrived.notify_one();
}

void Loader::retire(std::vector<std::unique_ptr<const Generation>> generations) {
  for (auto& generation : generations) {
    const std::string label = generation->label();
    const std::filesystem::path folder = generation->folder();
    generation.reset();
    if (still_mapped(folder)) {
      spdlog::warn(
          "{}: lingering: retired, yet still mapped; build its modules with "
          "shoal_add_module, end their threads, and use no thread_local with a destructor",
          label);
    } else {
      spdlog::debug("{}: retired", label);
    }
  }
}

}  // namespace shoal::modules
