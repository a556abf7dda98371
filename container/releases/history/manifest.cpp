#include "releases/history/manifest.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "releases/history/record_file.hpp"

namespace shoal::releases {
namespace {

using nlohmann::json;

constexpr std::size_t kMostAttempts = 32;

constexpr std::array kVerdicts{Verdict::kNone, Verdict::kLive, Verdict::kUnchanged,
                               Verdict::kRefused, Verdict::kOvertaken};
constexpr std::array kBans{Ban::kNone, Ban::kWithdrawn, Ban::kRolledBack, Ban::kEndedWorker};

struct OriginWord {
  Origin::Kind kind;
  const char* word;
};
constexpr std::array kOrigins{OriginWord{Origin::Kind::kDrop, "drop"},
                              OriginWord{Origin::Kind::kFiles, "files"},
                              OriginWord{Origin::Kind::kStart, "start"},
                              OriginWord{Origin::Kind::kReload, "reload"},
                              OriginWord{Origin::Kind::kRollback, "rollback"},
                              OriginWord{Origin::Kind::kLastGood, "last-good"}};

/// Returns the one of `all` whose word this is.
template <typename Word, std::size_t count>
Word with_word(const std::array<Word, count>& all, const std::string& word) {
  const auto found = std::ranges::find_if(all, [&](Word it) { return text_of(it) == word; });
  if (found == all.end()) throw std::runtime_error("unknown word: " + word);
  return *found;
}

json entry_of(const ReleasedFile& file) {
  json entry{{"sha256", file.sha256}, {"build_id", file.build_id}, {"size", file.size}};
  put_text(entry, "module", file.module);
  put_text(entry, "path", file.path.native());
  return entry;
}

ReleasedFile file_of_entry(const json& entry) {
  ReleasedFile file{.module = text_in(entry, "module"),
                    .path = text_in(entry, "path"),
                    .sha256 = entry.at("sha256"),
                    .build_id = entry.at("build_id"),
                    .size = entry.at("size")};
  const std::string& name = file.module;
  if (name.empty() || name.find_first_of(std::string_view("/\0", 2)) != std::string::npos) {
    throw std::runtime_error("not the name of a module: " + name);
  }
  return file;
}

json entry_of(const Attempt& attempt) {
  json entry{{"at", text_of(attempt.at)},
             {"generation", attempt.generation},
             {"verdict", text_of(attempt.verdict)}};
  put_origin(entry, attempt.origin);
  put_text(entry, "reason", attempt.reason);
  return entry;
}

Attempt attempt_of_entry(const json& entry) {
  return {.at = time_in(entry.at("at")),
          .origin = origin_in(entry),
          .generation = entry.at("generation"),
          .verdict = with_word(kVerdicts, entry.at("verdict")),
          .reason = text_in(entry, "reason")};
}

}  // namespace

void put_origin(json& object, const Origin& origin) {
  object["origin"] = std::ranges::find(kOrigins, origin.kind, &OriginWord::kind)->word;
  put_text(object, "who", origin.who);
}

Origin origin_in(const json& object) {
  const std::string word = object.at("origin");
  const auto origin =
      std::ranges::find_if(kOrigins, [&](const OriginWord& it) { return it.word == word; });
  if (origin == kOrigins.end()) throw std::runtime_error("unknown origin: " + word);
  return {.kind = origin->kind, .who = text_in(object, "who")};
}

std::string text_of_manifest(const Release& release) {
  json files = json::array(), attempts = json::array(), generations = json::array();
  for (const auto& file : release.files) files.push_back(entry_of(file));
  for (const auto& attempt : release.attempts) {
    attempts.push_back(entry_of(attempt));
    if (attempt.generation != 0) generations.push_back(attempt.generation);
  }
  const bool banned = release.ban != Ban::kNone;
  json all{{"format", kRecordFormat},
           {"number", release.number},
           {"verdict", text_of(release.verdict())},
           {"generations", generations},
           {"ban", text_of(release.ban)},
           {"crashes", release.crashes},
           {"banned_at", banned ? text_of(release.banned_at) : ""},
           {"files", files},
           {"attempts", attempts}};
  put_text(all, "group", release.group);
  put_text(all, "reason", release.attempts.empty() ? "" : release.attempts.back().reason);
  return text_of_record(all);
}

Release release_of_manifest(const std::string& text) {
  const json all = parsed_record(text);
  Release release;
  release.group = text_in(all, "group");
  release.number = all.at("number");
  release.ban = with_word(kBans, all.at("ban"));
  release.crashes = all.at("crashes");
  if (release.ban != Ban::kNone) release.banned_at = time_in(all.at("banned_at"));
  for (const auto& entry : all.at("files")) release.files.push_back(file_of_entry(entry));
  for (const auto& entry : all.at("attempts")) {
    release.attempts.push_back(attempt_of_entry(entry));
  }
  return release;
}

void bound_attempts(Release& release) {
  auto& attempts = release.attempts;
  while (attempts.size() > kMostAttempts) {
    // What was never live tells less: `shoal drop` of the same bytes each minute adds many of them.
    const auto first = attempts.begin() + 1;
    const auto last = attempts.end() - 1;
    const auto found =
        std::find_if(first, last, [](const Attempt& it) { return it.verdict != Verdict::kLive; });
    attempts.erase(found == last ? first : found);
  }
}

}  // namespace shoal::releases
