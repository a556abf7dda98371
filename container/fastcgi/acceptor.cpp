#include "fastcgi/acceptor.hpp"

#include <spdlog/spdlog.h>

#include <system_error>
#include <utility>

namespace shoal::fastcgi {
namespace {

constexpr std::uint64_t kHandover = EventLoop::kWake + 1;
constexpr std::uint64_t kFirstListener = kHandover + 1;

constexpr std::chrono::milliseconds kPause{100};    // without descriptors
constexpr std::chrono::milliseconds kHeadStart{5};  // of other processes

}  // namespace

Acceptor::Acceptor(std::vector<Listener> listeners, std::shared_ptr<const Handover> handover,
                   EventLoop& loop)
    : handover_(std::move(handover)), loop_(loop), listeners_(std::move(listeners)) {
  watch();
}

bool Acceptor::is_for(std::uint64_t meaning) {
  return meaning >= kHandover && meaning < EventLoop::kFirstAddress;
}

std::optional<Handover::Left> Acceptor::accept(std::uint64_t meaning) try {
  if (stops_ || paused()) return std::nullopt;
  if (meaning == kHandover) return handover_->take();
  if (defers_ && !deferred_) {
    deferred_ = true;
    pause(kHeadStart);
    return std::nullopt;
  }
  auto socket = listeners_.at(meaning - kFirstListener).accept();
  deferred_ = deferred_ && socket;  // all that waited had been left to other processes
  if (!socket) return std::nullopt;
  return Handover::Left{*std::move(socket), {}};
} catch (const std::system_error&) {
  last_pause_ = std::chrono::system_clock::now();
  if (pauses_++ == 0) {
    spdlog::warn(
        "out of descriptors or socket memory: new connections wait (logged once); raise "
        "LimitNOFILE= or `ulimit -n`, or lower limits.idle_timeout");
  }
  pause(kPause);
  return std::nullopt;
}

Acceptor::Clock::time_point Acceptor::look_after(bool defers) {
  if (stops_) {
    if (!stopped_ && !paused()) unwatch();  // others may have the sockets, too
    listeners_.clear();
    stopped_ = true;
    return Clock::time_point::max();
  }
  if (!defers && std::exchange(deferred_, false)) paused_until_ = loop_.now;
  defers_ = defers;
  if (!paused() || loop_.now < paused_until_) return paused_until_;
  paused_until_ = Clock::time_point::max();
  watch();
  return paused_until_;
}

void Acceptor::stop() {
  stops_ = true;
  loop_.wake();
}

void Acceptor::watch() {
  if (listeners_.empty()) return;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    loop_.watch_other(listeners_[i].descriptor(), kFirstListener + i);
  }
  if (handover_) loop_.watch_other(handover_->descriptor(), kHandover);
}

void Acceptor::unwatch() {
  for (const Listener& listener : listeners_) loop_.unwatch_other(listener.descriptor());
  if (handover_) loop_.unwatch_other(handover_->descriptor());
}

/// A listener that is not served would be reported again and again.
void Acceptor::pause(std::chrono::milliseconds time) {
  unwatch();
  paused_until_ = loop_.now + time;
}

}  // namespace shoal::fastcgi
