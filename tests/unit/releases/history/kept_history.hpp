#pragma once

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "releases/apps/digest.hpp"
#include "releases/history/history.hpp"

namespace shoal::releases {

/// What the container logs while this lives.
class HistoryLog {
 public:
  HistoryLog() : before_(spdlog::default_logger()) {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_, true);
    auto logger = std::make_shared<spdlog::logger>("test", std::move(sink));
    logger->set_pattern("%l %v");
    spdlog::set_default_logger(std::move(logger));
  }
  ~HistoryLog() { spdlog::set_default_logger(before_); }
  HistoryLog(const HistoryLog&) = delete;
  HistoryLog& operator=(const HistoryLog&) = delete;

  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

/// An empty run folder.
class RunFolder : public testing::Test {
 protected:
  RunFolder() {
    std::string name = "/tmp/shoal-history-XXXXXX";
    run_ = ::mkdtemp(name.data());
  }
  ~RunFolder() override {
    std::error_code ignored;
    std::filesystem::remove_all(run_, ignored);
  }

  const std::filesystem::path& run() const { return run_; }
  std::filesystem::path releases() const { return run_ / "releases"; }

  static std::string contents(const std::filesystem::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  static void write(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  static std::set<std::string> names_below(const std::filesystem::path& folder) {
    std::set<std::string> names;
    std::error_code none;
    for (const auto& it : std::filesystem::directory_iterator(folder, none)) {
      names.insert(it.path().filename());
    }
    return names;
  }

  static std::string sha256_of_text(const std::string& text) {
    Digest digest;
    digest.add(text);
    return digest.hex();
  }

 private:
  std::filesystem::path run_;
};

/// A history in it, and what the deployer does with one.
class KeptHistory : public RunFolder {
 protected:
  History& history() {
    if (!history_) history_.emplace(run(), rules_);
    return *history_;
  }

  /// As a new deployer, with other bounds.
  void start_again(HistoryRules rules = {}) {
    history_.reset();
    rules_ = rules;
    history();
  }

  /// The release of one file with these bytes, its only attempt with this verdict.
  Release release_of(const std::string& group, const std::string& bytes, Verdict verdict) {
    const unsigned long number = history().next_number(group);
    Release release{.group = group, .number = number, .files = {}, .attempts = {}};
    release.files.push_back({.module = "home",
                             .path = "/srv/apps/home.so",
                             .sha256 = sha256_of_text(bytes),
                             .build_id = "c0ffee",
                             .size = bytes.size()});
    release.attempts.push_back({.at = std::chrono::system_clock::now(),
                                .origin = {.kind = Origin::Kind::kDrop, .who = "mallory"},
                                .generation = verdict == Verdict::kLive ? number : 0,
                                .verdict = verdict,
                                .reason = verdict == Verdict::kLive ? "" : "it throws"});
    return release;
  }

  /// Adds that, and returns its number.
  unsigned long add(const std::string& group, const std::string& bytes,
                    Verdict verdict = Verdict::kLive) {
    const Release release = release_of(group, bytes, verdict);
    const auto draft = history().draft(group, release.number);
    write(draft / "home.so", bytes);
    history().add(release, draft);
    return release.number;
  }

  /// A new generation of an old release.
  unsigned long goes_live_again(const std::string& group, unsigned long release) {
    const unsigned long number = history().next_number(group);
    history().record(group, release,
                     {.at = std::chrono::system_clock::now(),
                      .origin = {.kind = Origin::Kind::kRollback, .who = "root"},
                      .generation = number,
                      .verdict = Verdict::kLive,
                      .reason = {}});
    return number;
  }

  static unsigned long number_of(const Release* release) {
    return release == nullptr ? 0 : release->number;
  }

 private:
  HistoryRules rules_;
  std::optional<History> history_;
};

}  // namespace shoal::releases
