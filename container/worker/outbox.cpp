#include "worker/outbox.hpp"

#include <utility>

#include "control/messages.hpp"

namespace shoal::worker {

void Outbox::post(nlohmann::json message) {
  const base::MutexLock lock(mutex_);
  messages_.push_back(std::move(message));
  arrived_.wake();
}

void Outbox::ask_replacement(const std::string& why) {
  post({{"say", control::message::kReplace}, {"why", why}});
}

void Outbox::send_to(control::Channel& supervisor) {
  if (!arrived_.clear()) return;
  std::vector<nlohmann::json> messages;
  {
    const base::MutexLock lock(mutex_);
    messages.swap(messages_);
  }
  for (const auto& message : messages) supervisor.post(message);
}

}  // namespace shoal::worker
