#include "modules/ledger_page.hpp"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <utility>

namespace shoal::modules {
namespace {

// Who is more than so many generations late gets a number of its own.
constexpr std::size_t kMostMade = 16;

// What serves, and what was good before it.
constexpr std::size_t kMostGood = 2;

bool is_dead(pid_t process) { return ::kill(process, 0) != 0 && errno == ESRCH; }

bool is_free(const Page::Made& made) { return !made.published && made.loading.empty(); }

}  // namespace

Terms Page::look_up(const Wish& wish, const IsKept& is_kept) const {
  Terms terms;
  terms.files = wish.files;
  terms.epoch = epoch_;
  terms.live = live();
  const auto take = [&terms](const std::string& files, unsigned long from) {
    terms.files = files;
    terms.from = from;
    terms.kept = true;
    return terms;
  };
  if (wish.pinned) {
    const auto first = std::ranges::find_if(made_.rbegin(), made_.rend(),
                                            [](const Made& it) { return it.published; });
    if (first != made_.rend() && first->epoch == epoch_ && first->files != wish.files &&
        withdrawn(first->files) == nullptr && is_kept(first->files)) {
      return take(first->files, first->number);
    }
  }
  const Withdrawn* const out = withdrawn(wish.files);
  if (out != nullptr) terms.quarantine = out->quarantine;
  if (out == nullptr && !wish.refused) return terms;
  // A bad drop ends no quarantine.
  if (out == nullptr && !withdrawn_.empty()) terms.quarantine = withdrawn_.back().quarantine;
  const Good* const good = last_good(wish.files, is_kept);
  return good == nullptr ? take({}, 0) : take(good->files, good->number);
}

Terms Page::claim(const Wish& wish, const IsKept& is_kept, pid_t process) {
  Terms terms = look_up(wish, is_kept);
  if (terms.files.empty()) return terms;
  terms.number = number_for(terms, wish.above);
  if (terms.number == 0) {
    forget_the_dead(process);
    terms.number = 1 + std::max({last_, wish.above, made_.empty() ? 0 : made_.back().number});
    made_.push_back({terms.number, terms.files, terms.epoch, {}, false});
    if (made_.size() > kMostMade) made_.erase(made_.begin());
  }
  auto& made = *std::ranges::find(made_, terms.number, &Made::number);
  if (!made.published && !std::ranges::count(made.loading, process))
    made.loading.push_back(process);
  return terms;
}

/// Under which number the same is made elsewhere; 0: nowhere. What was made before something else
/// was live is history: to go back to it is a new generation.
unsigned long Page::number_for(const Terms& terms, unsigned long above) const {
  for (auto made = made_.rbegin(); made != made_.rend() && made->number > above; ++made) {
    if (made->files == terms.files && made->epoch == terms.epoch) return made->number;
    if (made->published) break;
  }
  return 0;
}

void Page::give_back(const Terms& terms, pid_t process) {
  const auto made = std::ranges::find(made_, terms.number, &Made::number);
  if (made == made_.end() || made->files != terms.files) return;
  std::erase(made->loading, process);
  forget_the_dead(process);
}

void Page::forget_the_dead(pid_t process) {
  for (auto& made : made_) {
    std::erase_if(made.loading, [process](pid_t it) { return it != process && is_dead(it); });
  }
  std::erase_if(made_, is_free);
}

void Page::publish(const Terms& terms, bool kept, pid_t process) {
  auto made = std::ranges::find(made_, terms.number, &Made::number);
  if (made == made_.end()) {  // the page was lost meanwhile
    made = made_.insert(std::ranges::upper_bound(made_, terms.number, {}, &Made::number),
                        {terms.number, terms.files, terms.epoch, {process}, false});
  }
  if (!std::exchange(made->published, true)) ++generations_;
  made->loading.clear();
  last_ = std::max(last_, terms.number);
  if (!terms.kept) {
    std::erase_if(withdrawn_, [&terms](const Withdrawn& it) {
      return it.quarantine.earlier || it.quarantine.generation < terms.number;
    });
  }
  if (!kept) return;
  std::erase_if(good_, [&terms](const Good& it) { return it.files == terms.files; });
  good_.push_back({terms.number, terms.files, false});
  forget_all_but_the_best();
}

void Page::forget_all_but_the_best() {
  std::erase_if(good_, [this](const Good& it) { return withdrawn(it.files) != nullptr; });
  std::ranges::sort(good_, std::ranges::greater(),
                    [](const Good& it) { return std::pair(!it.earlier, it.number); });
  if (good_.size() > kMostGood) good_.resize(kMostGood);
}

void Page::end() {
  for (auto& made : made_) made.published = false;
  std::erase_if(made_, is_free);
  good_.clear();
  withdrawn_.clear();
}

bool Page::withdraw(unsigned long number, unsigned crashes,
                    std::chrono::system_clock::time_point now) {
  const auto made = std::ranges::find(made_, number, &Made::number);
  if (made == made_.end() || withdrawn(made->files) != nullptr) return false;
  if (number == live()) renew();
  withdrawn_.push_back(
      {made->files, {number, false, crashes, std::chrono::floor<std::chrono::seconds>(now)}});
  forget_all_but_the_best();
  return true;
}

void Page::begin() {
  made_.clear();
  last_ = 0;
  generations_ = 0;
  epoch_ = 0;
  for (auto& it : withdrawn_) it.quarantine.earlier = true;
  for (auto& it : good_) it.earlier = true;
  if (withdrawn_.empty()) good_.clear();
}

const Page::Withdrawn* Page::withdrawn(const std::string& files) const {
  const auto found = std::ranges::find(withdrawn_, files, &Withdrawn::files);
  return found == withdrawn_.end() ? nullptr : &*found;
}

const Page::Good* Page::last_good(const std::string& other_than, const IsKept& is_kept) const {
  const auto found = std::ranges::find_if(good_, [&](const Good& it) {
    return it.files != other_than && withdrawn(it.files) == nullptr && is_kept(it.files);
  });
  return found == good_.end() ? nullptr : &*found;
}

unsigned long Page::live() const {
  unsigned long last = 0;
  for (const auto& made : made_) {
    if (made.published) last = made.number;
  }
  return last;
}

}  // namespace shoal::modules
