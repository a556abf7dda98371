#include "releases/freshness/feed.hpp"

#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <system_error>

namespace shoal::releases {

Feed Feed::make() {
  Feed feed{.page = Page::make(), .inotify = nullptr, .wake = nullptr};
  base::Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) throw std::system_error(errno, std::generic_category(), "eventfd");
  feed.wake = std::make_shared<const base::Descriptor>(std::move(wake));
  base::Descriptor inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (inotify) feed.inotify = std::make_shared<const base::Descriptor>(std::move(inotify));
  return feed;
}

bool Feed::queued() const {
  int bytes = 0;
  return inotify != nullptr && ::ioctl(inotify->get(), FIONREAD, &bytes) == 0 && bytes > 0;
}

void Feed::ask_to_compare() const { ::eventfd_write(wake->get(), 1); }

}  // namespace shoal::releases
