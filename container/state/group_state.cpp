#include "state/group_state.hpp"

#include <charconv>

#include "base/failure.hpp"
#include "base/printable.hpp"
#include "state/lmdb_error.hpp"

namespace shoal::state {
namespace {

using Time = Transaction::Time;
using std::chrono::milliseconds;

/// Twice as many entries as a write can add, so that expired entries do not accumulate.
constexpr unsigned kRemovedPerWrite = 2;

/// Entries removed in one transaction when the store is full: few enough for the pages that are
/// reserved for erasing.
constexpr unsigned kRemovedPerBatch = 16;

/// True while this thread writes. LMDB allows one writer: a second write in the same thread would
/// wait for the first for ever.
thread_local bool writing = false;

class WriteScope {
 public:
  WriteScope() {
    if (writing) {
      base::fail<StateError>(
          {.fact = "State was written to from within State::update, which would wait for itself",
           .remedy = "return the new value from the function, or write after `update` returns"});
    }
    writing = true;
  }
  ~WriteScope() { writing = false; }
  WriteScope(const WriteScope&) = delete;
  WriteScope& operator=(const WriteScope&) = delete;
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

void GroupState::refuse(std::string_view key, const std::string& fact,
                        const std::string& remedy) const {
  constexpr std::size_t kShown = 80;  // bytes
  std::string shown = base::printable(key.substr(0, kShown));
  if (key.size() > kShown) shown += "...";
  base::fail<StateError>({.thing = "state of group " + group_ + ": key \"" + shown + '"',
                          .fact = fact,
                          .remedy = remedy});
}

std::string GroupState::key_in_store(std::string_view key) const {
  if (key.empty()) refuse(key, "is empty", "give it 1 to " + std::to_string(kMaxKey) + " bytes");
  if (key.size() > kMaxKey) {
    refuse(key, "has " + std::to_string(key.size()) + " bytes",
           "use at most " + std::to_string(kMaxKey) + ", such as a hash of the long key");
  }
  // The name of a group has no NUL, so two groups never share a key.
  return std::string(group_).append(1, '\0').append(key);
}

void GroupState::require_size(std::string_view key, std::string_view value) const {
  if (value.size() <= kMaxValue) return;
  refuse(key, "the value has " + std::to_string(value.size()) + " bytes",
         "store at most " + std::to_string(kMaxValue) +
             ", or keep the value in a file and store its name");
}

void GroupState::require_writable() const {
  if (!read_only_) return;
  base::fail<StateError>({.fact = "State is read-only while a module is probed",
                          .remedy = "write only when !context.probing()"});
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
  const WriteScope scope;
  try {
    return attempt(work);
  } catch (const StoreFull&) {
  }
  try {
    remove_all_expired();
    return attempt(work);
  } catch (const StoreFull&) {
  }
  const auto& options = environment_->options();
  base::fail<StateError>(
      {.thing = options.path.native(),
       .fact = "full: entries that have not expired fill its " + to_text(options.size),
       .remedy = "raise state.size, or erase entries"});
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
    refuse(key, "the time to live is " + std::to_string(ttl.count()) + " ms", "give it at least 1");
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
        if (!number)
          refuse(key, "the stored value is not a number", "`set` one, or use another key");
        if (__builtin_add_overflow(*number, delta, &sum)) {
          refuse(key,
                 std::to_string(*number) + " + " + std::to_string(delta) +
                     " does not fit into 64 bits",
                 "`set` a smaller number first");
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
