#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/private_folder.hpp"
#include "releases/apps/identity.hpp"
#include "releases/history/release.hpp"

// What a run folder of Shoal 0.1 has, for migrate() alone.
namespace shoal::releases {

/// One set of files that a page of the ledger names.
struct OldFiles {
  unsigned long number = 0;  ///< of the last generation that was made of them
  bool earlier = false;      ///< that number is of an earlier start of the service
  std::string fingerprint;
  bool withdrawn = false;                         ///< in quarantine; else good, and kept
  unsigned crashes = 0;                           ///< withdrawn: for so many
  std::chrono::system_clock::time_point since{};  ///< withdrawn: at this time
};

/// One group's page of the ledger.
struct OldPage {
  unsigned long last = 0;       ///< the greatest number that a generation has had
  std::vector<OldFiles> files;  ///< the oldest first
};

/// Returns the page in this text. Throws std::exception if it is something else.
OldPage old_page_of(const std::string& text);

/// Returns how 0.1 names a set of files: a digest of their names, paths and identities.
std::string old_fingerprint_of(const Files& files);

/// Files that 0.1 has kept.
struct OldKept {
  std::vector<ReleasedFile> files;
  std::chrono::system_clock::time_point at{};  ///< when they were kept
};

/// Returns what the manifest in this folder says, after the digests of the copies have been
/// compared. Throws std::exception if they cannot be used.
OldKept old_kept_in(const base::PrivateFolder& folder);

/// Returns the build-id of a shared object; empty if it has none, or is not one.
std::string build_id_in(int file);

}  // namespace shoal::releases
