#include "daemon/wish.hpp"

#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "daemon/worker.hpp"

namespace shoal::daemon {

Wish::Wish() : asked_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!asked_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Wish::be_replaced(const std::string& why) {
  const std::lock_guard lock(mutex_);
  why_ = why;
  wake();
}

void Wish::tell(Link& supervisor) {
  eventfd_t times = 0;
  if (::eventfd_read(asked_.get(), &times) != 0) return;
  const std::lock_guard lock(mutex_);
  if (why_.empty()) return;
  supervisor.send({{"say", words::kReplace}, {"why", std::exchange(why_, {})}});
}

}  // namespace shoal::daemon
