#include "generations/generation.hpp"

#include <utility>

#include "base/mutex.hpp"
#include "base/printable.hpp"
#include "generations/holders.hpp"
#include "releases/linking/load_error.hpp"
#include "shoal/state.hpp"

namespace shoal::generations {

using releases::Step;

namespace {

/// Tells at its end that no step is under way: a step that has failed does not hang.
class EndOfSteps {
 public:
  EndOfSteps(const OnStep& on_step, const Generation& generation)
      : on_step_(on_step), generation_(generation) {}
  ~EndOfSteps() {
    if (on_step_) on_step_(Step::kNothing, generation_, {});
  }
  EndOfSteps(const EndOfSteps&) = delete;
  EndOfSteps& operator=(const EndOfSteps&) = delete;

 private:
  const OnStep& on_step_;
  const Generation& generation_;
};

std::string head_line(const releases::Staged& staged) {
  const std::string note = staged.note.empty() ? "" : " (" + staged.note + ")";
  return "X-Shoal-Generation: " + staged.label() + note + "\r\n";
}

}  // namespace

Generation::Generation(releases::Staged staged, const Surroundings& surroundings)
    : staged_(std::move(staged)),
      label_(staged_.label()),
      exposed_head_(head_line(staged_)),
      opened_at_(time_since_boot()) {
  note_files();
  const EndOfSteps end(surroundings.on_step, *this);
  open(surroundings.on_step);
  make_handlers(surroundings);
  loaded_at_ = std::chrono::system_clock::now();
}

void Generation::note_files() {
  for (const auto& it : staged_.modules) {
    if (it.thread_locals) thread_locals_.push_back(it.path.native());
    files_text_ += it.path.native() + " " + (it.build_id.empty() ? "-" : it.build_id) + "\n";
  }
}

void Generation::open(const OnStep& on_step) {
  open_outside(staged_);
  const Names names = names_of(staged_);
  for (const auto& root : staged_.roots) {
    if (on_step) on_step(Step::kOpening, *this, root.module);
    libraries_.emplace(root.module, Library(root, names));
  }
}

void Generation::make_handlers(const Surroundings& surroundings) {
  // One State for the group; a container without any gives its modules none.
  std::shared_ptr<State> state;
  try {
    if (surroundings.states) state = surroundings.states(group());
  } catch (const StateError& error) {
    throw releases::LoadError(group() + ": " + base::printable(error.what()));
  }
  for (const auto& root : staged_.roots) {
    if (!root.handler) continue;
    if (surroundings.on_step) surroundings.on_step(Step::kMaking, *this, root.module);
    const auto config = surroundings.configs.find(root.module);
    auto& context = contexts_[root.module];
    context = std::make_unique<ModuleContext>(
        root.module, group(), number(),
        config == surroundings.configs.end() ? Config() : config->second, state,
        surroundings.probing);
    latencies_[root.module] = std::make_unique<RecentLatency>();
    handlers_[root.module] = libraries_.at(root.module).make_handler(*context);
    if (!surroundings.probing) context->report_unused_settings();
  }
}

// The contexts stay: a thread that a module left behind may still use its own.
void Generation::end_handlers(const OnStep& on_step) {
  for (auto& [module, handler] : handlers_) {
    if (on_step) on_step(Step::kEnding, *this, module);
    handler.reset();
  }
  handlers_.clear();
  if (on_step) on_step(Step::kNothing, *this, {});
}

void keep_for_ever(std::unique_ptr<Generation> generation) {
  // Still reachable, so that whoever looks for leaks sees what is kept on purpose.
  static auto& mutex = *new base::Mutex;                                    // NOLINT: for ever
  static auto& kept = *new std::vector<std::unique_ptr<const Generation>>;  // NOLINT: for ever
  const base::MutexLock lock(mutex);
  kept.push_back(std::move(generation));
}

}  // namespace shoal::generations
