#include "supervisor/configurations.hpp"

#include <spdlog/spdlog.h>

#include <stdexcept>
#include <utility>

#include "control/logging.hpp"
#include "control/systemd.hpp"

namespace shoal::supervisor {

bool Configurations::is_next(const settings::Settings* worker_settings) const {
  return next_ && next_->settings.get() == worker_settings;
}

void Configurations::reload(const std::string& asked_by) {
  spdlog::info("{}: reading {} again", asked_by, current_.settings->file.native());
  reloads_.errors.clear();
  control::notify_systemd("RELOADING=1");
  try {
    auto settings = settings::read(current_.settings->file);
    if (settings.run != current_.settings->run) {
      throw std::runtime_error("run: cannot change while it is in use; restart instead");
    }
    next_ = Configuration::open(std::move(settings), inherited_, current_);
  } catch (const settings::SettingsError& error) {
    for (const auto& line : error.errors()) spdlog::error("{}", line);
    reloads_.errors = error.errors();
    refuse("see above");
  } catch (const std::exception& error) {
    refuse(error.what());
  }
}

void Configurations::adopt() {
  current_ = *std::exchange(next_, std::nullopt);
  for (const auto& [key, listener] : current_.listeners) {
    try {
      listener->take_effect();
    } catch (const std::exception& error) {
      spdlog::error("{}", error.what());
    }
  }
  try {
    control::open_log(current_.settings->log);
  } catch (const std::exception& error) {
    spdlog::error("{}; the supervisor keeps the old log", error.what());
  }
  spdlog::info("the new configuration serves");
  ++reloads_.count;
  reloads_.last = status::now();
  reloads_.errors.clear();
  control::notify_systemd("READY=1");
}

void Configurations::refuse(const std::string& why) {
  spdlog::error("the new configuration is refused, and the old one stays: {}", why);
  next_.reset();
  ++reloads_.refused;
  reloads_.last = reloads_.refused_at = status::now();
  if (reloads_.errors.empty()) reloads_.errors = {why};
  control::notify_systemd("READY=1");
}

void Configurations::close() {
  current_.listeners.clear();
  next_.reset();
}

}  // namespace shoal::supervisor
