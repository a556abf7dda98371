#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "control/channel.hpp"
#include "deployer/run.hpp"
#include "releases/deployer/deployer.hpp"
#include "status/overview.hpp"

namespace shoal::deployer {

/// A deployer process at its post: releases::Deployer, and the supervisor that it talks to. While
/// the deployer of another configuration has its turn there is no releases::Deployer here. Used by
/// one thread.
class Post {
 public:
  /// Reads what is recorded. Throws std::runtime_error, with the remedy, if the apps or the run
  /// folder cannot be used.
  Post(Start start, control::Channel& supervisor);

  /// Decides, and does what the supervisor says, until that is to end, or the supervisor is gone.
  void follow();

 private:
  void begin();
  void wait();
  bool handle(const nlohmann::json& message);
  void step();
  void announce();
  void send_status();

  const Start start_;
  control::Channel& supervisor_;
  std::optional<releases::Deployer> deployer_;
  const status::Time started_ = status::now();
  bool announced_ = false;
};

}  // namespace shoal::deployer
