#include "generations/opener.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <new>
#include <utility>

#include "base/descriptor.hpp"
#include "base/failure.hpp"
#include "base/own_thread.hpp"
#include "releases/deployer/messages.hpp"
#include "releases/history/decisions.hpp"
#include "releases/linking/load_error.hpp"
#include "releases/staging/staged.hpp"

namespace shoal::generations {

namespace message = releases::message;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

namespace {

/// How often what lingers is looked at.
constexpr std::chrono::seconds kLookAgain{1};

/// The dynamic linker tells of a lack of descriptors as of any other fault of a file.
bool lacks_descriptors() {
  const base::Descriptor any(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return !any && (errno == EMFILE || errno == ENFILE);
}

}  // namespace

Opener::Opener(std::filesystem::path run, Surroundings surroundings, Publisher& publisher,
               Send send)
    : run_folder_(std::move(run)),
      surroundings_(std::move(surroundings)),
      publisher_(publisher),
      send_(std::move(send)),
      retirement_(surroundings_.on_step, [this](const std::string& group,
                                                unsigned long number) { forget(group, number); }),
      thread_([this] { this->run(); }) {}

Opener::~Opener() {
  inbox_->close();
  thread_.join();
}

void Opener::join() {
  inbox_->put([this] { send_({{"say", message::kJoin}}); });
}

void Opener::take(const json& message) {
  const auto say = message.find("say");
  if (say != message.end() && *say == message::kList) has_list_ = true;
  // A request that sees in the page that a group is gone does not wait for the thread either, and
  // must not answer 503 for modules whose files are gone.
  if (say != message.end() && *say == message::kPresent) return act_on(message);
  inbox_->put([this, message] { act_on(message); });
}

void Opener::open_recorded() {
  inbox_->put([this] {
    std::vector<Named> list;
    for (const auto& [group, decision] : releases::read_decisions(run_folder_)) {
      list.push_back({group, decision.number, decision.stage});
    }
    // With nothing to serve there is nothing to gain: the deployer may only be slow.
    if (list.empty()) return;
    publish_only(list);
    complete_ = true;
  });
}

void Opener::run() {
  const base::OwnThread own_thread;
  auto look_again = Clock::now() + kLookAgain;
  for (;;) {
    auto next = inbox_->next(retirement_.any() ? look_again : Clock::now() + std::chrono::hours(1));
    if (next.work) (*next.work)();
    for (auto& generation : next.unused) retirement_.retire(std::move(generation));
    if (next.closed || Clock::now() >= look_again) {
      retirement_.look_again();
      look_again = Clock::now() + kLookAgain;
    }
    if (next.closed) return retirement_.abandon();
  }
}

/// Returns what is to be done at this word; null if it is not known. Has no table that is destroyed
/// when a module calls exit(): the thread goes on then.
Opener::Act Opener::act_at(std::string_view word) {
  if (word == message::kOpen) return &Opener::open;
  if (word == message::kServe) return &Opener::serve;
  if (word == message::kDiscard) return &Opener::discard;
  if (word == message::kGone) return &Opener::withdraw;
  if (word == message::kList) return &Opener::open_list;
  if (word == message::kJoined) return &Opener::note_joined;
  if (word == message::kJudged) return &Opener::note_judged;
  if (word == message::kPresent) return &Opener::note_present;
  if (word == message::kReport) return &Opener::report;
  return nullptr;
}

void Opener::act_on(const json& message) try {
  const Act act = act_at(message.at("say").get_ref<const std::string&>());
  if (act != nullptr) (this->*act)(message);
} catch (const json::exception& error) {
  spdlog::error("the deployer's message cannot be understood: {}: {}", error.what(),
                message.dump(-1, ' ', false, json::error_handler_t::replace));
}

Opener::Named Opener::named_in(const json& message) {
  return {message.at("group"), message.at("number"), message.value("stage", "")};
}

void Opener::open(const json& message) {
  const Named named = named_in(message);
  say(message::kOpening, named);
  if (make_open(named, false)) say(message::kOpened, named);
}

void Opener::serve(const json& message) {
  const Named named = named_in(message);
  if (!make_open(named, true)) return;
  publisher_.publish(named.group, named.number);
  spdlog::debug("{}/{}: published", named.group, named.number);
}

void Opener::discard(const json& message) {
  const Named named = named_in(message);
  publisher_.discard(named.group, named.number);
}

void Opener::withdraw(const json& message) { publisher_.withdraw(message.at("group")); }

void Opener::open_list(const json& message) {
  std::vector<Named> list;
  for (const auto& each : message.at("groups")) list.push_back(named_in(each));
  publish_only(list);
  send_({{"say", message::kListed}, {"groups", publisher_.published()}});
}

void Opener::note_joined(const json&) { joined_ = true; }

void Opener::note_judged(const json&) { complete_ = true; }

void Opener::note_present(const json& message) {
  publisher_.set_present(message.at("groups").get<Publisher::Present>());
}

void Opener::report(const json&) {
  send_({{"say", message::kReported},
         {"published", publisher_.published()},
         {"opened", publisher_.ready()},
         {"mapped", mapped_}});
  // The deployer that it had asked died before it answered.
  if (!joined_) send_({{"say", message::kJoin}});
}

void Opener::publish_only(const std::vector<Named>& list) {
  Numbers numbers;
  for (const auto& named : list) {
    make_open(named, true);
    numbers.emplace(named.group, named.number);
  }
  publisher_.publish_only(numbers);
}

bool Opener::make_open(const Named& named, bool serves) {
  if (publisher_.has(named.group, named.number)) return true;
  std::string why, module;
  bool lacks = false;
  try {
    publisher_.hold_ready(opened(named));
    return true;
  } catch (const releases::Unavailable& error) {
    why = error.what();
    lacks = true;
  } catch (const releases::LoadError& error) {
    why = error.what();
    module = error.module();
    lacks = lacks_descriptors();
  } catch (const std::bad_alloc&) {
    why = named.group + ": out of memory; will retry";
    lacks = true;
  } catch (const std::exception& error) {
    why = error.what();
    lacks = lacks_descriptors();
  }
  answer_failure(named, serves, why, module, lacks);
  return false;
}

std::shared_ptr<const Generation> Opener::opened(const Named& named) {
  const auto began = Clock::now();
  releases::Staged staged = releases::described_in(run_folder_ / "stages" / named.stage);
  if (staged.group != named.group || staged.number != named.number) {
    base::fail({.thing = staged.stage.native(),
                .fact = "is the stage of " + staged.label() + ", not of " + named.group + "/" +
                        std::to_string(named.number),
                .remedy = "do not change what lies in the run folder; drop the modules again"});
  }
  auto generation = std::make_unique<Generation>(std::move(staged), surroundings_);
  mapped_[named.group].insert(named.number);
  const std::chrono::duration<double, std::milli> took = Clock::now() - began;
  spdlog::debug("{}: opened and made in {:.2f} ms", generation->label(), took.count());
  const auto leave_here = [inbox = inbox_](Generation* unused) {
    inbox->leave(std::unique_ptr<Generation>(unused));
  };
  return std::shared_ptr<Generation>(generation.release(), leave_here);
}

/// A refusal is logged by the deployer; that this process cannot serve what others do is logged
/// here, too.
void Opener::answer_failure(const Named& named, bool serves, const std::string& why,
                            const std::string& module, bool lacks) {
  const auto level = serves ? spdlog::level::err : spdlog::level::debug;
  spdlog::log(level, "{}/{}: cannot be opened: {}", named.group, named.number, why);
  send_({{"say", message::kFailed},
         {"group", named.group},
         {"number", named.number},
         {"why", why},
         {"module", module},
         {"lacks", lacks}});
}

void Opener::say(const char* word, const Named& named) {
  send_({{"say", word}, {"group", named.group}, {"number", named.number}});
}

void Opener::forget(const std::string& group, unsigned long number) {
  auto& numbers = mapped_[group];
  numbers.erase(number);
  if (numbers.empty()) mapped_.erase(group);
  say(message::kRetired, {group, number});
}

}  // namespace shoal::generations
