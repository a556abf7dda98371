#include "modules/generation.hpp"

#include "base/printable.hpp"
#include "modules/holders.hpp"
#include "modules/load_error.hpp"
#include "shoal/state.hpp"

namespace shoal::modules {
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

}  // namespace

Generation::Generation(const Order& order, std::unique_ptr<const Stage> stage,
                       const Prepared& prepared, const Surroundings& surroundings)
    : group_(order.group),
      number_(order.number),
      label_(order.label()),
      note_(order.note),
      files_(order.files),
      opened_at_(time_since_boot()),
      stage_(std::move(stage)) {
  note_facts(prepared.facts);
  const EndOfSteps end(surroundings.on_step, *this);
  open(order, prepared.opening, surroundings.on_step);
  make_handlers(prepared.opening, surroundings);
  loaded_at_ = std::chrono::system_clock::now();
}

void Generation::note_facts(const Facts& facts) {
  for (const auto& [module, file] : facts) {
    const auto& path = files_.find(module)->second.path;
    if (file.thread_local_destructors) thread_locals_.push_back(path.native());
    module_files_.push_back({module, path, file.build_id, file.handler});
    files_text_ += path.native() + " " + (file.build_id.empty() ? "-" : file.build_id) + "\n";
  }
}

void Generation::open(const Order& order, const Opening& opening, const OnStep& on_step) {
  open_outside(opening.outside, order);
  const Names names = names_of(*stage_, files_);
  for (const auto& root : opening.roots) {
    if (on_step) on_step(Step::kOpening, *this, root.module);
    libraries_.emplace(root.module, Library(root, names));
  }
}

void Generation::make_handlers(const Opening& opening, const Surroundings& surroundings) {
  // One State for the group; a container without any gives its modules none.
  std::shared_ptr<State> state;
  try {
    if (surroundings.states) state = surroundings.states(group_);
  } catch (const StateError& error) {
    throw LoadError(group_ + ": " + base::printable(error.what()));
  }
  for (const auto& root : opening.roots) {
    if (!root.handler) continue;
    if (surroundings.on_step) surroundings.on_step(Step::kMaking, *this, root.module);
    const auto config = surroundings.configs.find(root.module);
    auto& context = contexts_[root.module];
    context = std::make_unique<ModuleContext>(
        root.module, group_, number_,
        config == surroundings.configs.end() ? Config() : config->second, state,
        surroundings.probing);
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

}  // namespace shoal::modules
