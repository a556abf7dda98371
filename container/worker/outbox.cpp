#include "worker/replace_request.hpp"

#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "control/messages.hpp"

namespace shoal::worker {

ReplaceRequest::ReplaceRequest() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void ReplaceRequest::ask(const std::string& why) {
  const base::MutexLock lock(mutex_);
  why_ = why;
  wake();
}

void ReplaceRequest::send_to(control::Channel& supervisor) {
  eventfd_t times = 0;
  if (::eventfd_read(event_.get(), &times) != 0) return;
  const base::MutexLock lock(mutex_);
  if (why_.empty()) return;
  supervisor.send({{"say", control::message::kReplace}, {"why", std::exchange(why_, {})}});
}

}  // namespace shoal::worker
