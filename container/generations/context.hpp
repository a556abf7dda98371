#pragma once

#include <functional>
#include <memory>
#include <string>

#include "shoal/context.hpp"

namespace shoal::generations {

/// The State of a group by the group's name. Called on the loader thread; may throw StateError.
using States = std::function<std::shared_ptr<State>(const std::string& group)>;

/// The Context of one module in one generation.
class ModuleContext final : public Context {
 public:
  /// Without a `state`, as in tests, state() throws. `probing`: in the process of the probe.
  ModuleContext(std::string module, std::string group, unsigned long generation, Config config,
                std::shared_ptr<State> state = nullptr, bool probing = false);

  const std::string& module() const override { return module_; }
  const std::string& group() const override { return group_; }
  unsigned long generation() const override { return generation_; }
  const Config& config() const override { return config_; }
  State& state() const override;
  bool probing() const override { return probing_; }
  void log(LogLevel level, std::string_view line) const override;

  /// Warns of settings that the module has not asked for. Called once its constructor is done.
  void report_unused_settings() const;

 private:
  std::string module_;
  std::string group_;
  unsigned long generation_;
  Config config_;
  std::shared_ptr<State> state_;
  bool probing_;
};

}  // namespace shoal::generations
