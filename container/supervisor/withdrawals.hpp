#pragma once

#include <list>
#include <string>

#include "supervisor/crash_log.hpp"
#include "supervisor/deployers.hpp"

namespace shoal::supervisor {

/// The generations that a deployer is to withdraw because they crash workers. Each is asked for
/// until a deployer has done it, also of the deployers after it. Used by one thread.
class Withdrawals {
 public:
  void add(const CrashLog::Culprit& culprit);

  /// A deployer has withdrawn it.
  void done(const std::string& group, unsigned long number);

  /// Asks for those that this deployer was not asked for yet.
  void send_to(DeployerProcess& deployer);

 private:
  struct Withdrawal {
    CrashLog::Culprit culprit;
    unsigned asked = 0;  // turn of a deployer
  };

  std::list<Withdrawal> withdrawals_;
};

}  // namespace shoal::supervisor
