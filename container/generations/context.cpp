#include "generations/context.hpp"

#include <spdlog/spdlog.h>

#include "base/printable.hpp"

namespace shoal::generations {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

ModuleContext::ModuleContext(std::string module, std::string group, unsigned long generation,
                             Config config, std::shared_ptr<State> state, bool probing)
    : module_(std::move(module)),
      group_(std::move(group)),
      generation_(generation),
      config_(std::move(config)),
      state_(std::move(state)),
      probing_(probing) {}

State& ModuleContext::state() const {
  if (state_ != nullptr) return *state_;
  throw StateError(module_ + ": this container has no State; set state.path to a folder");
}

void ModuleContext::log(LogLevel level, std::string_view line) const {
  spdlog::log(level_of(level), "{} ({}/{}): {}", module_, group_, generation_,
              base::printable(line));
}

void ModuleContext::report_unused_settings() const {
  for (const auto& warning : config_.warnings()) spdlog::warn("{}", warning);
}

}  // namespace shoal::generations
