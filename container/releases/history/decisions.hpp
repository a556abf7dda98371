#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "releases/history/release.hpp"

namespace shoal::releases {

/// Which generation of a group is to serve, as it was decided.
struct Decision {
  unsigned long number = 0;   ///< of the generation
  unsigned long release = 0;  ///< that it was made of
  std::string stage{};        ///< name of its folder below run/stages
  bool pinned = false;
  std::string service{};         ///< which run of the service has decided it
  std::string configs{};         ///< digest of the settings of its modules
  std::string judged{};          ///< fingerprint of the files that were judged last
  bool rolled_back = false;      ///< people chose it; it serves until the next drop, over restarts
  unsigned long instead_of = 0;  ///< the withdrawn generation that it stands in for; 0: none
  std::string refusal{};  ///< of the files that were judged last; empty: they were not refused
  Origin origin{};
  unsigned question = 0;  ///< of the command that asked for it, as the service counts; 0: none
  std::chrono::system_clock::time_point at{};
};

/// By group.
using Decisions = std::map<std::string, Decision>;

/// `run/releases/GROUP/serve.json`: what was decided last of a group. A worker that no deployer
/// answers serves it; a new deployer goes on from it. A file for each group, so that a decision
/// costs the same however many groups there are. Read and written by any process; written aside
/// and renamed, so that a reader sees one decision or the other.

/// Returns what is recorded; empty if nothing is. What cannot be read is set aside, and said once.
/// Throws Unavailable if the machine lacks something just now.
Decisions read_decisions(const std::filesystem::path& run);

/// Throws Unavailable if it cannot be written: then the earlier decision stays.
void write_decision(const std::filesystem::path& run, const std::string& group,
                    const Decision& decision);

/// The group serves nothing. Throws Unavailable.
void remove_decision(const std::filesystem::path& run, const std::string& group);

/// What the deployer works on, recorded before it begins: `run/releases/GROUP/working.json`. So
/// that what kills the deployer is not tried for ever.
struct Work {
  std::string fingerprint{};  ///< of the files: names, paths, identities
  std::string file{};         ///< one of them, for the message
  std::string service{};      ///< which run of the service works on it
  unsigned deaths = 0;        ///< of its deployers that have worked on it
};

/// By group.
using Works = std::map<std::string, Work>;

/// As for decisions.
Works read_works(const std::filesystem::path& run);
void write_work(const std::filesystem::path& run, const std::string& group, const Work& work);
void remove_work(const std::filesystem::path& run, const std::string& group);

}  // namespace shoal::releases
