#include "state/store.hpp"

#include <sys/stat.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/printable.hpp"
#include "state/folder.hpp"
#include "state/group_state.hpp"

namespace shoal::state {
namespace {

constexpr std::size_t kMaxGroup = 255;  // bytes; with NUL and key what LMDB takes for a key

using Identity = std::pair<dev_t, ino_t>;  // of data.mdb, whatever path leads to it

std::optional<Identity> identity_of(const std::filesystem::path& path) {
  struct stat status;
  if (::stat((path / "data.mdb").c_str(), &status) != 0) return std::nullopt;
  return Identity(status.st_dev, status.st_ino);
}

/// What this process has open. An environment stays in the table until it is closed for good, so
/// that no other is opened beside it.
class Opened : public std::enable_shared_from_this<Opened> {
 public:
  std::shared_ptr<Environment> open(const Options& options) {
    // Held while opening: of two threads that come, the second finds what the first has opened.
    std::unique_lock lock(mutex_);
    while (const auto identity = identity_of(options.path)) {
      const auto found = open_.find(*identity);
      if (found == open_.end()) break;
      if (auto environment = found->second.lock()) return shared(environment, options);
      closed_.wait(lock);  // its last user is about to
    }
    auto made = std::make_unique<Environment>(options);
    const auto identity = identity_of(options.path);
    if (!identity) throw StateError(options.path.native() + ": was removed while it was opened");
    const auto close = [self = shared_from_this(), identity](Environment* environment) {
      std::default_delete<Environment>()(environment);
      const std::lock_guard closing(self->mutex_);
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
    throw StateError(wanted.path.native() +
                     ": is open in this process with another state.size or state.durability, or "
                     "read-only; start the container again to change them");
  }

  std::mutex mutex_;
  std::condition_variable closed_;
  std::map<Identity, std::weak_ptr<Environment>> open_;
};

std::shared_ptr<Environment> open(const Options& options) {
  if (options.read_only && !has_store(options.path)) return nullptr;
  static const auto opened = std::make_shared<Opened>();
  return opened->open(options);
}

}  // namespace

Store::Store(const Options& options) : environment_(open(options)), read_only_(options.read_only) {}

std::shared_ptr<State> Store::of(const std::string& group) const {
  if (group.empty() || group.size() > kMaxGroup || group.find('\0') != std::string::npos) {
    throw StateError("state of group \"" + base::printable(group) + "\": a group's name has 1 to " +
                     std::to_string(kMaxGroup) + " bytes; name it otherwise");
  }
  return std::make_shared<GroupState>(group, environment_, read_only_);
}

}  // namespace shoal::state
