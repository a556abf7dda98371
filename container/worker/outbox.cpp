#include "worker/outbox.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include "control/messages.hpp"

namespace shoal::worker {

Outbox::Outbox() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Outbox::post(nlohmann::json message) {
  const base::MutexLock lock(mutex_);
  messages_.push_back(std::move(message));
  ::eventfd_write(event_.get(), 1);
}

void Outbox::ask_replacement(const std::string& why) {
  post({{"say", control::message::kReplace}, {"why", why}});
}

void Outbox::send_to(control::Channel& supervisor) {
  eventfd_t times = 0;
  if (::eventfd_read(event_.get(), &times) != 0) return;
  std::vector<nlohmann::json> messages;
  {
    const base::MutexLock lock(mutex_);
    messages.swap(messages_);
  }
  for (const auto& message : messages) supervisor.post(message);
}

}  // namespace shoal::worker
