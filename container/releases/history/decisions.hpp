#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

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
};

/// By group.
using Decisions = std::map<std::string, Decision>;

/// `run/releases/serve.json`: what was decided last. A worker that no deployer answers serves it; a
/// new deployer goes on from it. Read and written by any process; written aside and renamed, so
/// that a reader sees one list or the other.

/// Returns what is recorded; empty if nothing is. Set aside, and said once, if it cannot be read.
Decisions read_decisions(const std::filesystem::path& run);

/// Throws Unavailable if it cannot be written: then the old list stays.
void write_decisions(const std::filesystem::path& run, const Decisions& decisions);

/// What the deployer works on, recorded before it begins: `run/releases/working.json`. So that what
/// kills the deployer is not tried for ever.
struct Work {
  std::string fingerprint{};  ///< of the files: names, paths, identities
  std::string file{};         ///< one of them, for the message
  unsigned deaths = 0;        ///< of deployers that have worked on it
};

/// By group.
using Works = std::map<std::string, Work>;

Works read_works(const std::filesystem::path& run);
void write_works(const std::filesystem::path& run, const Works& works);

}  // namespace shoal::releases
