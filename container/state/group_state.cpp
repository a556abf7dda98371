#include "state/group_state.hpp"

#include <charconv>

#include "base/printable.hpp"
#include "state/failure.hpp"

namespace shoal::state {
namespace {

using Time = Transaction::Time;
using std::chrono::milliseconds;

/// Twice as many as a write can add, so that what has expired never gathers.
constexpr unsigned kRemovedPerWrite = 2;

/// What is removed at once when the store is full: few enough for the pages that erasing has for
/// itself.
constexpr unsigned kRemovedPerBatch = 16;

/// Set while this thread writes. LMDB has one writer, and it would wait for itself.
thread_local bool writing = false;

class Writing {
 public:
  Writing() {
    if (writing) {
      throw StateError(
          "State is written to from within State::update, which would wait for itself; return what "
          "is to be written, or write after it");
    }
    writing = true;
  }
  ~Writing() { writing = false; }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;
};

Time expiry_after(Time now, milliseconds ttl) {
  if (ttl == State::kForever) return Transaction::kNever;
  return now + static_cast<Time>(ttl.count());
}

std::string to_text(std::uint64_t bytes) {
  constexpr std::uint64_t kMiB = 1 << 20;
  return bytes % kMiB == 0 ? std::to_string(bytes / kMiB) + "MiB" : std::to_string(bytes) + "B";
}

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

GroupState::GroupState(std::string group, std::shared_ptr<const Environment> environment,
                       bool read_only)
    : group_(std::move(group)), environment_(std::move(environment)), read_only_(read_only) {}

void GroupState::refuse(std::string_view key, const std::string& why) const {
  constexpr std::size_t kShown = 80;  // bytes
  std::string shown = base::printable(key.substr(0, kShown));
  if (key.size() > kShown) shown += "...";
  throw StateError("state of group " + group_ + ": key \"" + shown + "\": " + why);
}

std::string GroupState::key_in_store(std::string_view key) const {
  if (key.empty()) refuse(key, "is empty; give it 1 to " + std::to_string(kMaxKey) + " bytes");
  if (key.size() > kMaxKey) {
    refuse(key, "has " + std::to_string(key.size()) + " bytes; use at most " +
                    std::to_string(kMaxKey) + ", such as a digest of what it stands for");
  }
  // No group's name has a NUL, so no two groups share a key.
  return std::string(group_).append(1, '\0').append(key);
}

void GroupState::require_size(std::string_view key, std::string_view value) const {
  if (value.size() <= kMaxValue) return;
  refuse(key, "the value has " + std::to_string(value.size()) + " bytes; store at most " +
                  std::to_string(kMaxValue) + ", or keep it in a file and store its name");
}

void GroupState::require_writable() const {
  if (!read_only_) return;
  throw StateError(
      "State is read-only while a module is probed; write only when !context.probing()");
}

template <typename Work>
auto GroupState::attempt(const Work& work) const {
  Transaction transaction(*environment_, Transaction::Kind::kWrite);
  transaction.remove_expired(kRemovedPerWrite);
  auto result = work(transaction);
  transaction.commit();
  return result;
}

template <typename Work>
auto GroupState::write(const Work& work) const {
  require_writable();
  const Writing mark;
  try {
    return attempt(work);
  } catch (const Full&) {
  }
  try {
    remove_all_expired();
    return attempt(work);
  } catch (const Full&) {
  }
  const auto& options = environment_->options();
  throw StateError(options.path.native() + ": full: what has not expired fills its " +
                   to_text(options.size) + "; raise state.size, or erase entries");
}

void GroupState::remove_all_expired() const {
  environment_->forget_dead_readers();
  unsigned removed = 0;
  do {
    Transaction transaction(*environment_, Transaction::Kind::kWrite);
    removed = transaction.remove_expired(kRemovedPerBatch);
    transaction.commit();
  } while (removed == kRemovedPerBatch);
  Transaction transaction(*environment_, Transaction::Kind::kWrite);
  transaction.touch();
  transaction.commit();
}

std::optional<std::string> GroupState::get(std::string_view key) const {
  const auto stored = key_in_store(key);
  if (environment_ == nullptr || !environment_->has_tables()) return std::nullopt;
  return Transaction(*environment_, Transaction::Kind::kRead).find(stored);
}

void GroupState::set(std::string_view key, std::string_view value, milliseconds ttl) {
  update(
      key, [&](const auto&) { return std::string(value); }, ttl);
}

std::string GroupState::update(std::string_view key, const Change& change, milliseconds ttl) {
  const auto stored = key_in_store(key);
  if (ttl < milliseconds(1)) {
    refuse(key, "the time to live is " + std::to_string(ttl.count()) + " ms; give it at least 1");
  }
  return write([&](Transaction& transaction) {
    std::string value = change(transaction.find(stored));
    require_size(key, value);
    transaction.put(stored, value, expiry_after(transaction.now(), ttl));
    return value;
  });
}

std::int64_t GroupState::add(std::string_view key, std::int64_t delta, milliseconds ttl) {
  std::int64_t sum = 0;
  update(
      key,
      [&](const std::optional<std::string>& text) {
        const auto number = text ? number_in(*text) : 0;
        if (!number) refuse(key, "what is there is no number; `set` one, or use another key");
        if (__builtin_add_overflow(*number, delta, &sum)) {
          refuse(key, std::to_string(*number) + " + " + std::to_string(delta) +
                          " is no number of 64 bits; `set` it anew");
        }
        return std::to_string(sum);
      },
      ttl);
  return sum;
}

bool GroupState::erase(std::string_view key) {
  const auto stored = key_in_store(key);
  return write([&](Transaction& transaction) { return transaction.erase(stored); });
}

}  // namespace shoal::state
