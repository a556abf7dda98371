#pragma once

#include <string>

#include "shoal/context.hpp"

namespace shoal::modules {

/// The Context of one module in one generation.
class ModuleContext final : public Context {
 public:
  ModuleContext(std::string module, std::string group, unsigned long generation, Config config);

  const std::string& module() const override { return module_; }
  const std::string& group() const override { return group_; }
  unsigned long generation() const override { return generation_; }
  const Config& config() const override { return config_; }
  void log(LogLevel level, std::string_view line) const override;

  /// Warns of settings that the module has not asked for. Called once its constructor is done.
  void report_unused_settings() const;

 private:
  std::string module_;
  std::string group_;
  unsigned long generation_;
  Config config_;
};

}  // namespace shoal::modules
