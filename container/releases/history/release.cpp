#include "releases/history/release.hpp"

#include <algorithm>
#include <map>

#include "base/printable.hpp"
#include "releases/apps/digest.hpp"

namespace shoal::releases {

Verdict Release::verdict() const {
  return attempts.empty() ? Verdict::kNone : attempts.back().verdict;
}

bool Release::was_live() const {
  return std::ranges::count(attempts, Verdict::kLive, &Attempt::verdict) > 0;
}

unsigned long Release::last_generation() const {
  unsigned long last = number;
  for (const auto& attempt : attempts) last = std::max(last, attempt.generation);
  return last;
}

std::string content_of(const std::vector<ReleasedFile>& files) {
  std::map<std::string, std::string> by_module;
  for (const auto& file : files) by_module[file.module] = file.sha256;
  Digest digest;
  for (const auto& [module, sha256] : by_module) {
    // The size ahead of it, or "ab" + "c" would be "a" + "bc".
    for (const std::string& text : {module, sha256}) {
      digest.add(std::to_string(text.size()) + ":");
      digest.add(text);
    }
  }
  return digest.hex();
}

std::string text_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNone:
      return "none";
    case Verdict::kLive:
      return "live";
    case Verdict::kUnchanged:
      return "unchanged";
    case Verdict::kRefused:
      return "refused";
    case Verdict::kOvertaken:
      return "overtaken";
  }
  return "none";
}

std::string text_of(Ban ban) {
  switch (ban) {
    case Ban::kNone:
      return "none";
    case Ban::kWithdrawn:
      return "withdrawn";
    case Ban::kRolledBack:
      return "rolled-back";
    case Ban::kEndedWorker:
      return "ended-worker";
  }
  return "none";
}

std::string text_of(const Origin& origin) {
  const std::string who = base::printable(origin.who);
  const std::string by = who.empty() ? "" : " by " + who;
  const std::string of = who.empty() ? "" : " of " + who;
  switch (origin.kind) {
    case Origin::Kind::kDrop:
      return "drop" + by;
    case Origin::Kind::kFiles:
      return "files" + of;
    case Origin::Kind::kStart:
      return "files" + of + ", at the start";
    case Origin::Kind::kReload:
      return "reload" + by;
    case Origin::Kind::kRollback:
      return "rollback" + by;
    case Origin::Kind::kLastGood:
      return "the last good release";
  }
  return {};
}

const char* reason_of(Ban ban) {
  if (ban == Ban::kWithdrawn) return "it was withdrawn, since it crashed workers";
  if (ban == Ban::kRolledBack) return "people went back from it to an earlier release";
  return "it ended a worker while it was opened";
}

}  // namespace shoal::releases
