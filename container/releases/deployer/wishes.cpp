// What people, or the container itself, want to serve, whatever lies in the apps folder.
#include <fcntl.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/descriptor.hpp"
#include "releases/apps/digest.hpp"
#include "releases/deployer/deployer.hpp"
#include "releases/deployer/supervisor_messages.hpp"

namespace shoal::releases {
namespace {

/// Returns the content of files where they lie; empty if one cannot be read.
std::string content_now(const Files& files) {
  std::vector<ReleasedFile> released;
  for (const auto& [module, file] : files) {
    const base::Descriptor opened(::open(file.path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    const auto digest = opened ? sha256_of(opened.get()) : std::nullopt;
    if (!digest) return {};
    ReleasedFile it;
    it.module = module;
    it.sha256 = *digest;
    released.push_back(std::move(it));
  }
  return content_of(released);
}

}  // namespace

void Deployer::wish(Group& group, Wish wish) {
  if (wish.origin.kind == Origin::Kind::kLastGood) {
    group.wishes.push_front(std::move(wish));
  } else {
    const bool reads_files = group.deployment && !group.deployment->wish;
    wish.files_first = group.present != (reads_files ? group.deployment->taken : group.judged);
    group.wishes.push_back(std::move(wish));
  }
  become_stale(group);
}

/// A new generation is due, whatever changed in the apps folder.
void Deployer::become_stale(Group& group) {
  if (group.life.state() == State::kCurrent) group.stale_since = Clock::now();
  ++group.wanted;
  parts_.feed.page->want(group.cell, group.stale_since);
  group.life.on(Life::Event::kChanged);
}

/// The generation has crashed workers: its release is not to serve any more.
void Deployer::withdraw(const std::string& name, unsigned long number, unsigned crashes) {
  auto& history = records_.history();
  const Release* const release = history.find(name, number);
  if (release != nullptr) history.ban(name, release->number, Ban::kWithdrawn, crashes);
  const auto found = groups_.find(name);
  if (found != groups_.end() && found->second.decision) {
    const Decision& decision = *found->second.decision;
    const bool serves =
        decision.number == number || (release != nullptr && release->number == decision.release);
    if (serves) go_back(found->second, number, crashes);
  }
  // Only now: until then a new deployer would be told again.
  parts_.send({{"say", supervisor_message::kWithdrawn}, {"group", name}, {"number", number}});
}

/// Has the last good release serve instead of this generation.
void Deployer::go_back(Group& group, unsigned long number, unsigned crashes) {
  const auto is_instead = [&](const Wish& wish) { return wish.instead_of == number; };
  const bool is_under_way =
      std::ranges::any_of(group.wishes, is_instead) ||
      (group.deployment && group.deployment->wish && is_instead(*group.deployment->wish));
  if (is_under_way) return;
  const Release* const good = fallback_of(group, group.decision->release);
  group.withdrawn = number;
  group.crashes = crashes;
  group.withdrawn_at = std::chrono::system_clock::now();
  spdlog::error("{}/{}: in quarantine after {} crashes; {} until new files are dropped", group.name,
                number, crashes,
                good == nullptr ? "no earlier good files are kept, so the group is not served"
                                : "goes back to the files of " + group.name + "/" +
                                      std::to_string(good->last_generation()));
  if (good == nullptr) {
    group.refusal = group.name + "/" + std::to_string(number) + " is in quarantine after " +
                    std::to_string(crashes) +
                    " crashes, and no other files can serve instead; drop new files";
    group.refused_at = group.withdrawn_at;
    return serve_nothing(group);
  }
  Wish before{.origin = {Origin::Kind::kLastGood, {}}, .release = good->number};
  before.note = note_of(number);
  before.instead_of = number;
  wish(group, std::move(before));
}

/// What the group goes back to: what served before, else the newest that was good.
const Release* Deployer::fallback_of(const Group& group, unsigned long other_than) const {
  const auto& history = records_.history();
  if (group.decision && group.decision->release != other_than &&
      !group.unfit.contains(group.decision->release)) {
    const Release* const before = history.find(group.name, group.decision->release);
    if (before != nullptr && before->ban == Ban::kNone) return before;
  }
  auto others = group.unfit;
  others.insert(other_than);
  return history.last_good(group.name, others);
}

/// At the start: whether these bytes are not to be tried again. What served before serves then.
bool Deployer::is_banned(Group& group) {
  const auto& all = records_.history().of(group.name);
  const bool any =
      std::ranges::any_of(all, [](const auto& entry) { return entry.second.ban != Ban::kNone; });
  if (!group.at_start || !any) return false;
  const std::string content = content_now(group.present);
  const Release* const release = records_.history().find_content(group.name, content);
  if (release == nullptr || release->ban == Ban::kNone) return false;
  const Release* const fallback = fallback_of(group, release->number);
  const unsigned long back_to = fallback == nullptr ? 0 : fallback->number;
  note_withdrawn(group, *release);
  const std::string why = group.name + "/" + std::to_string(release->last_generation()) + ": " +
                          reason_of(release->ban) + "; drop new files";
  spdlog::warn("{}; {}", why,
               back_to == 0 ? "the group is not served"
                            : "release " + std::to_string(back_to) + " serves instead");
  const bool rolled_back = release->ban == Ban::kRolledBack;
  const unsigned long instead = rolled_back ? 0 : release->last_generation();
  group.deployment->release = release->number;
  group.spare_number = group.deployment->number;
  if (back_to == 0) group.refusal = why;
  judge(group, Verdict::kNone, why);
  if (back_to != 0) {
    const auto kind = rolled_back ? Origin::Kind::kRollback : Origin::Kind::kLastGood;
    Wish before{.origin = {kind, {}}, .release = back_to};
    if (group.withdrawn != 0) before.note = note_of(instead);
    before.instead_of = instead;
    wish(group, std::move(before));
  }
  return true;
}

std::string Deployer::note_of(unsigned long instead_of) {
  return "instead of " + std::to_string(instead_of) + ", quarantined";
}

/// Takes what is known of a quarantine from the history.
void Deployer::note_withdrawn(Group& group, const Release& release) {
  if (release.ban != Ban::kWithdrawn) return;
  group.withdrawn = release.last_generation();
  group.crashes = release.crashes;
  group.withdrawn_at = release.banned_at;
}

void Deployer::note_withdrawn(Group& group) {
  if (!group.decision || group.decision->instead_of == 0) return;
  const Release* const release = records_.history().find(group.name, group.decision->instead_of);
  if (release != nullptr) note_withdrawn(group, *release);
}

}  // namespace shoal::releases
