#include "supervisor/questions.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/user_name.hpp"
#include "control/messages.hpp"
#include "releases/deployer/supervisor_messages.hpp"

namespace shoal::supervisor {
namespace {

namespace deployer_message = releases::supervisor_message;
using std::chrono::steady_clock;

constexpr std::chrono::minutes kLongest{10};

}  // namespace

void Questions::ask(control::ControlSocket::Question question) {
  open_.push_back({++next_, std::move(question), steady_clock::now() + kLongest});
}

void Questions::send_to(DeployerProcess& deployer) {
  for (auto& open : open_) {
    if (open.asked == deployer.turn) continue;
    open.asked = deployer.turn;
    deployer.channel.post({{"say", deployer_message::kQuestion},
                           {"question", open.number},
                           {"words", open.question.words},
                           {"who", base::name_of_user(open.question.user)}});
  }
}

void Questions::progressed(unsigned number, const nlohmann::json& words) const {
  const auto found = std::ranges::find(open_, number, &Open::number);
  if (found != open_.end()) control_.tell(found->question.connection, words);
}

void Questions::answered(unsigned number, const nlohmann::json& words) {
  const auto found = std::ranges::find(open_, number, &Open::number);
  if (found == open_.end()) return;
  control_.answer(found->question.connection, words);
  open_.erase(found);
}

void Questions::tell_hindrance(const std::string& text) {
  for (auto& open : open_) {
    if (open.hindrance == text) continue;
    open.hindrance = text;
    control_.tell(open.question.connection, control::hindrance_words(text));
  }
}

void Questions::give_up(const std::string& error) {
  for (const auto& open : open_) control_.answer(open.question.connection, {{"error", error}});
  open_.clear();
}

void Questions::expire() {
  std::erase_if(open_, [this](const Open& open) {
    if (!control_.is_connected(open.question.connection)) return true;
    if (steady_clock::now() < open.until) return false;
    control_.answer(open.question.connection,
                    {{"error", "the deployer has not answered within 10 min; look into the log"}});
    return true;
  });
}

steady_clock::time_point Questions::deadline() const {
  return open_.empty() ? steady_clock::time_point::max() : open_.front().until;
}

}  // namespace shoal::supervisor
