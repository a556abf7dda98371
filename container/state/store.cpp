#include "state/store.hpp"

#include <sys/stat.h>

#include <condition_variable>
#include <map>
#include <optional>
#include <utility>

#include "base/failure.hpp"
#include "base/mutex.hpp"
#include "base/printable.hpp"
#include "state/group_state.hpp"
#include "state/state_folder.hpp"

namespace shoal::state {
namespace {

constexpr std::size_t kMaxGroup = 255;  // bytes; with NUL and key the longest key of LMDB

using Identity = std::pair<dev_t, ino_t>;  // of data.mdb, by whatever path it is opened

std::optional<Identity> identity_of(const std::filesystem::path& path) {
  struct stat status;
  if (::stat((path / "data.mdb").c_str(), &status) != 0) return std::nullopt;
  return Identity(status.st_dev, status.st_ino);
}

/// The stores that this process has open. An environment stays in the table until it is completely
/// closed, so that no second one is opened beside it.
class OpenStores : public std::enable_shared_from_this<OpenStores> {
 public:
  std::shared_ptr<Environment> open(const Options& options) {
    // Held while opening: of two threads, the second finds what the first has opened.
    base::MutexLock lock(mutex_);
    while (const auto identity = identity_of(options.path)) {
      const auto found = open_.find(*identity);
      if (found == open_.end()) break;
      if (auto environment = found->second.lock()) return shared(environment, options);
      closed_.wait(lock);  // its last user is closing it
    }
    auto made = std::make_unique<Environment>(options);
    const auto identity = identity_of(options.path);
    if (!identity) {
      base::fail<StateError>({.thing = options.path.native(),
                              .fact = "was removed while it was being opened",
                              .remedy = "restart the container"});
    }
    const auto close = [self = shared_from_this(), identity](Environment* environment) {
      std::default_delete<Environment>()(environment);
      const base::MutexLock closing(self->mutex_);
      self->open_.erase(*identity);
      self->closed_.notify_all();
    };
    std::shared_ptr<Environment> environment(made.release(), close);
    open_[*identity] = environment;
    return environment;
  }

 private:
  static std::shared_ptr<Environment> shared(std::shared_ptr<Environment> open,
                                             const Options& wanted) {
    const auto& has = open->options();
    const bool same = has.size == wanted.size && has.durability == wanted.durability;
    if (wanted.read_only || (same && !has.read_only)) return open;
    base::fail<StateError>(
        {.thing = wanted.path.native(),
         .fact =
             "is open in this process with another state.size or state.durability, or read-only",
         .remedy = "restart the container to change them"});
  }

  base::Mutex mutex_;
  std::condition_variable_any closed_;
  std::map<Identity, std::weak_ptr<Environment>> open_ SHOAL_GUARDED_BY(mutex_);
};

std::shared_ptr<Environment> open(const Options& options) {
  if (options.read_only && !has_store(options.path)) return nullptr;
  static const auto stores = std::make_shared<OpenStores>();
  return stores->open(options);
}

}  // namespace

Store::Store(const Options& options) : environment_(open(options)), read_only_(options.read_only) {}

std::shared_ptr<State> Store::of(const std::string& group) const {
  if (group.empty() || group.size() > kMaxGroup || group.find('\0') != std::string::npos) {
    base::fail<StateError>(
        {.thing = "state of group \"" + base::printable(group) + '"',
         .fact = "a group's name must have 1 to " + std::to_string(kMaxGroup) + " bytes",
         .remedy = "choose another name"});
  }
  return std::make_shared<GroupState>(group, environment_, read_only_);
}

}  // namespace shoal::state
