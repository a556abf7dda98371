#include "modules/loader.hpp"

#include <spdlog/fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/own_thread.hpp"
#include "generations/holders.hpp"
#include "releases/linking/load_error.hpp"
#include "releases/staging/prepare.hpp"

namespace shoal::modules {

using Clock = std::chrono::steady_clock;

namespace {

/// How often what lingers is looked at.
constexpr std::chrono::seconds kLookAfter{1};

/// Where the time of one reload goes, for the log.
class Steps {
 public:
  void done(const char* what) {
    const auto now = Clock::now();
    text_ +=
        std::string(text_.empty() ? "" : ", ") + what + " " +
        fmt::format("{:.2f} ms", std::chrono::duration<double, std::milli>(now - last_).count());
    last_ = now;
  }
  const std::string& text() const { return text_; }

 private:
  Clock::time_point last_ = Clock::now();
  std::string text_;
};

std::string joined(const std::vector<std::string>& all) {
  return fmt::format("{}", fmt::join(all, ", "));
}

}  // namespace

Loader::Loader(Desk& desk, Stages& stages, const Kept& kept, Surroundings surroundings,
               std::optional<Probe> probe)
    : desk_(desk),
      stages_(stages),
      kept_(kept),
      surroundings_(std::move(surroundings)),
      probe_(std::move(probe)),
      thread_([this] { run(); }) {}

Loader::~Loader() {
  {
    const std::lock_guard lock(inbox_->mutex);
    inbox_->closed = true;
  }
  inbox_->arrived.notify_one();
  thread_.join();
}

void Loader::wake() {
  {
    const std::lock_guard lock(inbox_->mutex);
    inbox_->woken = true;
  }
  inbox_->arrived.notify_one();
}

void Loader::run() {
  const base::OwnThread own_thread;
  auto look_again = Clock::now();
  for (;;) {
    std::unique_lock lock(inbox_->mutex);
    inbox_->arrived.wait_until(lock, look_again, [&] {
      return inbox_->woken || inbox_->closed || !inbox_->retired.empty();
    });
    inbox_->woken = false;
    const bool closed = inbox_->closed;
    inbox_->ended = closed;
    auto retired = std::exchange(inbox_->retired, {});
    lock.unlock();

    for (auto& generation : retired) retire(std::move(generation));
    look_after_lingering();
    if (closed) return abandon();
    look_again = Clock::now() + (lingering_.empty() ? std::chrono::hours(1) : kLookAfter);
    if (const auto order = desk_.take(look_again)) {
      reload(*order);
      if (probe_) probe_->stand_by();
      look_again = Clock::now();  // one at a time: what it set free is retired before the next
    }
  }
}

/// One reload, a straight line. Whatever fails before `publish` drops all of the new and nothing
/// else.
void Loader::reload(const Order& order) {
  try {
    if (order.files.empty()) return desk_.publish(order, nullptr);
    auto built = build(order);
    const auto leave_here = [inbox = inbox_](Generation* generation) {
      leave(*inbox, std::unique_ptr<Generation>(generation));
    };
    desk_.publish(order, std::shared_ptr<const Generation>(built.release(), leave_here));
  } catch (const FilesChanged&) {
    desk_.put_back(order, {});
  } catch (const Unavailable& error) {
    desk_.put_back(order, error.what());
  } catch (const std::exception& error) {
    desk_.refuse(order, error.what());
  }
}

std::unique_ptr<Generation> Loader::build(const Order& order) {
  Steps steps;
  const bool again = !order.copies.empty();
  auto stage = std::make_unique<const Stage>(stages_, order.group, order.number,
                                             again ? order.copies : order.files);
  steps.done("staged");
  // Now, for the stage is about to be relabelled, and what lies in the apps folder to be replaced.
  Kept::Draft draft = again ? Kept::Draft() : copy_of(order, *stage);
  steps.done("copied to keep");
  static std::atomic<unsigned> count{0};
  Staged staged = prepare(*stage, {order.group, order.files, order.apps, order.handlers},
                          "~" + std::to_string(++count));
  staged.number = order.number;
  staged.note = order.note;
  steps.done("verified and relabelled");
  if (probe_) {
    try_out(staged);
    steps.done("probed");
  }
  auto built = std::make_unique<Generation>(std::move(staged), surroundings_);
  made_.emplace(stage->folder(), std::move(stage));
  steps.done("opened and made");
  keep(draft);
  steps.done("kept");
  spdlog::debug("{}: {}", order.label(), steps.text());
  return built;
}

/// Without a copy the reload goes on: a group has less to go back to.
Kept::Draft Loader::copy_of(const Order& order, const Stage& stage) try {
  return kept_.copy(order.group, order.terms.files, order.files, stage, stages_);
} catch (const std::runtime_error& error) {
  report(error.what());
  return {};
}

void Loader::keep(Kept::Draft& draft) try {
  if (draft.keep()) unkept_.clear();
} catch (const std::runtime_error& error) {
  report(error.what());
}

void Loader::report(const std::string& problem) {
  if (std::exchange(unkept_, problem) == problem) return;
  spdlog::warn("{}; until then a quarantine cannot bring the files of this generation back",
               problem);
}

void Loader::try_out(const Staged& staged) {
  Trial trial{.staged = staged, .configs = {}};
  for (const auto& root : staged.roots) {
    const auto config = surroundings_.configs.find(root.module);
    if (config != surroundings_.configs.end()) trial.configs.insert(*config);
  }
  const Behaviour behaviour = probe_->run(trial);
  if (!behaviour.threads.empty()) {
    spdlog::warn(
        "{}: {} still ran after the destructors of its handlers; end this thread there, or the "
        "generation cannot be unloaded",
        staged.label(), joined(behaviour.threads));
  }
}

/// The last one out comes by here, on whatever thread it is.
void Loader::leave(Inbox& inbox, std::unique_ptr<Generation> generation) {
  const std::lock_guard lock(inbox.mutex);
  if (inbox.ended) {
    static_cast<void>(generation.release());  // nobody is left to close it; the process is ending
    return;
  }
  inbox.retired.push_back(std::move(generation));
  inbox.arrived.notify_one();
}

void Loader::retire(std::unique_ptr<Generation> generation) {
  Lingering remains{generation->group(),
                    generation->number(),
                    generation->label(),
                    generation->folder(),
                    generation->thread_locals(),
                    {},
                    nullptr};
  generation->end_handlers(surroundings_.on_step);
  remains.generation = std::move(generation);
  if (is_gone(remains)) {
    spdlog::debug("{}: retired", remains.label);
    desk_.forget(remains.group, remains.number);
    return;
  }
  spdlog::warn("{}: lingering: retired, yet still mapped; {}", remains.label, remains.holder);
  desk_.linger(remains.group, remains.number, remains.holder);
  lingering_.push_back(std::move(remains));
}

/// Closes what may be closed, and looks whether it is really unmapped: dlclose does not tell.
bool Loader::is_gone(Lingering& lingering) {
  if (lingering.generation) {
    const auto threads = threads_in(lingering.folder, lingering.generation->opened_at());
    if (!threads.empty()) {
      lingering.holder =
          joined(threads) + " still runs in it; end this thread in the module's destructor";
      return false;
    }
    lingering.generation.reset();
    made_.erase(lingering.folder);
  }
  if (!still_mapped(lingering.folder)) return true;
  if (!lingering.thread_locals.empty()) {
    lingering.holder =
        "a thread_local with a destructor keeps it until every thread that used it has "
        "ended: see " +
        joined(lingering.thread_locals) + "; keep such data in the handler instead";
  } else {
    lingering.holder = "another library is bound to it, or opened it with RTLD_NODELETE";
  }
  return false;
}

void Loader::look_after_lingering() {
  if (lingering_.empty()) return;
  if (std::ranges::any_of(lingering_, [](const auto& it) { return !it.thread_locals.empty(); })) {
    collect_unused(stages_.folder());
  }
  std::erase_if(lingering_, [this](Lingering& lingering) {
    const std::string before = lingering.holder;
    if (!is_gone(lingering)) {
      if (lingering.holder != before) {
        desk_.linger(lingering.group, lingering.number, lingering.holder);
      }
      return false;
    }
    spdlog::info("{}: no longer lingering: it is unmapped", lingering.label);
    desk_.forget(lingering.group, lingering.number);
    return true;
  });
}

/// At the end of the process: what threads still run in stays mapped.
void Loader::abandon() {
  for (auto& [folder, stage] : made_) static_cast<void>(stage.release());  // Stages removes them
  static auto& kept = *new std::vector<std::unique_ptr<Generation>>();  // NOLINT: for ever
  for (auto& lingering : lingering_) kept.push_back(std::move(lingering.generation));
}

}  // namespace shoal::modules
