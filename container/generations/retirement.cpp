#include "generations/retirement.hpp"

#include <spdlog/fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "generations/holders.hpp"

namespace shoal::generations {
namespace {

std::string joined_with_commas(const std::vector<std::string>& all) {
  return fmt::format("{}", fmt::join(all, ", "));
}

}  // namespace

Retirement::Retirement(OnStep on_step, Gone gone)
    : on_step_(std::move(on_step)), gone_(std::move(gone)) {}

void Retirement::retire(std::unique_ptr<Generation> generation) {
  Lingering remains{.group = generation->group(),
                    .number = generation->number(),
                    .label = generation->label(),
                    .folder = generation->folder(),
                    .thread_locals = generation->thread_locals(),
                    .holder = {},
                    .generation = nullptr};
  generation->end_handlers(on_step_);
  remains.generation = std::move(generation);
  if (is_gone(remains)) {
    spdlog::debug("{}: retired", remains.label);
    return gone_(remains.group, remains.number);
  }
  spdlog::warn("{}: lingering: retired, yet still mapped; {}", remains.label, remains.holder);
  note_holder(remains);
  lingering_.push_back(std::move(remains));
}

/// Closes what may be closed, and looks whether it is really unmapped: dlclose does not tell.
bool Retirement::is_gone(Lingering& lingering) {
  if (lingering.generation) {
    const auto threads = threads_in(lingering.folder, lingering.generation->opened_at());
    if (!threads.empty()) {
      lingering.holder = joined_with_commas(threads) +
                         " still runs in it; end this thread in the module's destructor";
      return false;
    }
    lingering.generation.reset();
  }
  if (!still_mapped(lingering.folder)) return true;
  if (!lingering.thread_locals.empty()) {
    lingering.holder =
        "a thread_local with a destructor keeps it until every thread that used it has "
        "ended: see " +
        joined_with_commas(lingering.thread_locals) + "; keep such data in the handler instead";
  } else {
    lingering.holder = "another library is bound to it, or opened it with RTLD_NODELETE";
  }
  return false;
}

void Retirement::look_again() {
  for (const auto& lingering : lingering_) {
    if (lingering.thread_locals.empty()) continue;
    collect_unused(lingering.folder);
    break;  // one is enough for all
  }
  std::erase_if(lingering_, [this](Lingering& lingering) {
    const std::string before = lingering.holder;
    if (!is_gone(lingering)) {
      if (lingering.holder != before) note_holder(lingering);
      return false;
    }
    spdlog::info("{}: no longer lingering: it is unmapped", lingering.label);
    forget(lingering);
    return true;
  });
}

void Retirement::note_holder(const Lingering& lingering) {
  const base::MutexLock lock(mutex_);
  holders_[lingering.group][lingering.number] = lingering.holder;
}

void Retirement::forget(const Lingering& lingering) {
  {
    const base::MutexLock lock(mutex_);
    auto& numbers = holders_[lingering.group];
    numbers.erase(lingering.number);
    if (numbers.empty()) holders_.erase(lingering.group);
  }
  gone_(lingering.group, lingering.number);
}

void Retirement::abandon() {
  for (auto& lingering : lingering_) keep_for_ever(std::move(lingering.generation));
}

std::map<std::string, std::map<unsigned long, std::string>> Retirement::lingering() const {
  const base::MutexLock lock(mutex_);
  return holders_;
}

}  // namespace shoal::generations
