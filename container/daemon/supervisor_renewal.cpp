// A new configuration: SIGHUP.
#include <spdlog/spdlog.h>

#include <stdexcept>
#include <utility>

#include "daemon/log.hpp"
#include "daemon/supervisor.hpp"
#include "daemon/systemd.hpp"

namespace shoal::daemon {

/// Workers with the new configuration start beside those that serve.
void Supervisor::renew() {
  if (stopping_) return;
  if (renewed_ || !ready_) {
    renew_again_ = true;
    return;
  }
  spdlog::info("SIGHUP: reading {} again", epoch_.settings->file.native());
  reloads_.errors.clear();
  tell_systemd("RELOADING=1");
  try {
    auto settings = settings::read(epoch_.settings->file);
    if (settings.run != epoch_.settings->run) {
      throw std::runtime_error("run: cannot change while it is in use; restart instead");
    }
    renewed_ = Epoch::make(std::move(settings), inherited_, epoch_);
    start_not_before_ = {};
  } catch (const settings::SettingsError& error) {
    for (const auto& line : error.errors()) spdlog::error("{}", line);
    reloads_.errors = error.errors();
    give_up_renewal("see above");
  } catch (const std::exception& error) {
    give_up_renewal(error.what());
  }
}

bool Supervisor::is_renewed(const Worker& worker) const {
  return renewed_ && worker.settings == renewed_->settings;
}

/// The new workers serve: from here on theirs is the configuration, and the old ones may go.
void Supervisor::adopt() {
  epoch_ = *std::exchange(renewed_, std::nullopt);
  state_.reset();  // may lie elsewhere now
  for (const auto& [key, listener] : epoch_.listeners) {
    try {
      listener->take_effect();
    } catch (const std::exception& error) {
      spdlog::error("{}", error.what());
    }
  }
  try {
    open_log(epoch_.settings->log);
  } catch (const std::exception& error) {
    spdlog::error("{}; the supervisor goes on with the old log", error.what());
  }
  spdlog::info("the new configuration serves");
  ++reloads_.count;
  reloads_.last = status::now();
  reloads_.errors.clear();
  tell_systemd("READY=1");
  if (std::exchange(renew_again_, false)) renew();
}

void Supervisor::give_up_renewal(const std::string& why) {
  spdlog::error("the new configuration is refused, and the old one stays: {}", why);
  for (auto& worker : crew_.workers()) {
    if (is_renewed(worker)) replace(worker);
  }
  renewed_.reset();
  ++reloads_.refused;
  reloads_.last = reloads_.refused_at = status::now();
  if (reloads_.errors.empty()) reloads_.errors = {why};
  tell_systemd("READY=1");
  if (std::exchange(renew_again_, false)) renew();
}

}  // namespace shoal::daemon
