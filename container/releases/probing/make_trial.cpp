#include "releases/probing/make_trial.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <system_error>
#include <utility>

#include "elf/facts.hpp"
#include "releases/linking/load_error.hpp"
#include "releases/staging/stage.hpp"

namespace shoal::releases {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = TrialResult::Kind;

/// Where the time of one trial goes.
class TrialSteps {
 public:
  void done(const char* what) {
    const auto now = Clock::now();
    const std::chrono::duration<double, std::milli> took = now - last_;
    text_ += fmt::format("{}{} {:.2f} ms", text_.empty() ? "" : ", ", what, took.count());
    last_ = now;
  }
  std::string text() && { return std::move(text_); }

 private:
  Clock::time_point last_ = Clock::now();
  std::string text_;
};

std::vector<ReleasedFile> released_files(const Stage& stage, const Files& dropped,
                                         const Files& copied) {
  std::vector<ReleasedFile> files;
  for (const auto& [module, file] : dropped) {
    files.push_back({.module = module,
                     .path = file.path,
                     .sha256 = stage.sha256(module),
                     .build_id = {},
                     .size = static_cast<std::uint64_t>(copied.at(module).identity.size)});
  }
  return files;
}

/// Of a copy that may be anything: it has been refused, or is about to be.
std::string build_id_of_copy(const Stage& stage, const std::string& module) try {
  return elf::read(stage.read(module).bytes()).build_id;
} catch (const std::exception&) {
  return {};
}

Staged prepare_and_describe(const Stage& stage, const TrialOrder& order, TrialResult& result) {
  try {
    Staged staged = prepare(stage, order.members, order.label);
    staged.number = order.number;
    staged.note = order.note;
    for (auto& file : result.files) {
      file.build_id =
          std::ranges::find(staged.modules, file.module, &StagedModule::module)->build_id;
    }
    describe(staged);
    return staged;
  } catch (const LoadError&) {
    for (auto& file : result.files) file.build_id = build_id_of_copy(stage, file.module);
    throw;
  }
}

void probe_it(Probe& probe, const TrialOrder& order, TrialResult& result) {
  Trial trial{.staged = result.staged, .configs = {}, .current = order.current};
  for (const auto& [module, config] : order.configs) {
    if (order.members.files.contains(module)) trial.configs.emplace(module, config);
  }
  const Behaviour behaviour = probe.run(trial);
  result.opening_time = behaviour.opening_time();
  if (behaviour.threads.empty()) return;
  result.warnings.push_back(fmt::format(
      "{}: {} still ran after the destructors of its handlers; end this thread there, or the "
      "generation cannot be unloaded",
      result.staged.label(), fmt::join(behaviour.threads, ", ")));
}

/// The straight line.
Kind try_order(const TrialOrder& order, Probe* probe, TrialResult& result) {
  TrialSteps steps;
  const Files& sources = order.copies.empty() ? order.members.files : order.copies;
  Stage stage(order.stage, order.members.group, sources, order.draft);
  steps.done("copied");
  result.files = released_files(stage, order.members.files, sources);
  steps.done("digested");
  if (!order.serving.empty() && content_of(result.files) == order.serving) return Kind::kUnchanged;
  result.staged = prepare_and_describe(stage, order, result);
  steps.done("verified and relabelled");
  if (probe != nullptr) {
    probe_it(*probe, order, result);
    steps.done("probed");
  }
  stage.keep();
  result.steps = std::move(steps).text();
  return Kind::kGood;
}

/// A release without its files, or one that is not tried, is not kept.
void remove_draft(const TrialOrder& order, const TrialResult& result) {
  const bool is_good = result.kind == Kind::kGood || result.kind == Kind::kUnchanged;
  if (order.draft.empty() || is_good) return;
  if (result.kind == Kind::kRefused && !result.files.empty()) return;
  std::error_code none;
  std::filesystem::remove_all(order.draft, none);
}

}  // namespace

TrialResult make_trial(const TrialOrder& order, Probe* probe) {
  TrialResult result{.group = order.members.group, .number = order.number};
  const auto end_as = [&result](Kind kind, const char* why) {
    result.kind = kind;
    result.why = why;
  };
  try {
    result.kind = try_order(order, probe, result);
  } catch (const FilesChanged& error) {
    end_as(Kind::kFilesChanged, error.what());
  } catch (const Unavailable& error) {
    end_as(Kind::kUnavailable, error.what());
  } catch (const std::bad_alloc&) {
    end_as(Kind::kUnavailable, "out of memory; will retry");
  } catch (const std::exception& error) {
    end_as(Kind::kRefused, error.what());
  }
  remove_draft(order, result);
  return result;
}

}  // namespace shoal::releases
