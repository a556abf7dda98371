#include "supervisor/withdrawals.hpp"

#include <nlohmann/json.hpp>

#include "releases/deployer/supervisor_messages.hpp"

namespace shoal::supervisor {

void Withdrawals::add(const CrashLog::Culprit& culprit) { withdrawals_.push_back({culprit}); }

void Withdrawals::done(const std::string& group, unsigned long number) {
  std::erase_if(withdrawals_, [&](const Withdrawal& withdrawal) {
    return withdrawal.culprit.group == group && withdrawal.culprit.number == number;
  });
}

void Withdrawals::send_to(DeployerProcess& deployer) {
  for (auto& [culprit, asked] : withdrawals_) {
    if (asked == deployer.turn) continue;
    asked = deployer.turn;
    deployer.channel.post({{"say", releases::supervisor_message::kWithdraw},
                           {"group", culprit.group},
                           {"number", culprit.number},
                           {"crashes", culprit.crashes}});
  }
}

}  // namespace shoal::supervisor
