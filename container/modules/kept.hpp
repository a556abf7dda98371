#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "releases/apps/identity.hpp"
#include "releases/staging/stage.hpp"
#include "modules/new_line.hpp"

namespace shoal::modules {

/// A set of files that was kept.
struct KeptFiles {
  Files files;   ///< as they lay in the apps folder
  Files copies;  ///< where they lie now
};

/// `run/kept/<group>/<fingerprint>/`: real copies of the files of generations that are, or were,
/// good, as they were dropped: what a group goes back to when newer files turn out to be bad. Which
/// of them stay is the ledger's business. The SHA-256 of each stands in a manifest. Safe to use
/// from any thread and process.
class Kept {
 public:
  /// Throws std::runtime_error, with the remedy, when the folder cannot be made or is refused.
  explicit Kept(const std::filesystem::path& run);

  /// Whether they are kept.
  bool has(const std::string& group, const std::string& fingerprint) const;

  /// Returns nullopt when they are not kept. Copies that another user could have written, or that
  /// are not what was copied, are removed with a warning: then they are not kept, either.
  std::optional<KeptFiles> find(const std::string& group, const std::string& fingerprint) const;

  /// Removes all of the group but these.
  void retain(const std::string& group, const std::set<std::string>& fingerprints) const;

  /// Removes all groups but these.
  void retain_groups(const std::set<std::string>& groups) const;

  /// A copy that becomes a kept one with keep(), and is removed otherwise.
  class Draft {
   public:
    /// Nothing to keep.
    Draft() = default;
    Draft(std::filesystem::path folder, std::filesystem::path run, std::string group,
          std::string fingerprint)
        : folder_(std::move(folder)),
          run_(std::move(run)),
          group_(std::move(group)),
          fingerprint_(std::move(fingerprint)) {}
    Draft(Draft&& other) noexcept
        : folder_(std::exchange(other.folder_, {})),
          run_(std::move(other.run_)),
          group_(std::move(other.group_)),
          fingerprint_(std::move(other.fingerprint_)) {}
    Draft& operator=(Draft&& other) = delete;
    ~Draft();

    /// If another process has kept the same meanwhile, that one stays. Returns whether there was
    /// anything to keep. Throws std::runtime_error.
    bool keep();

   private:
    std::filesystem::path folder_;  // empty: nothing to do
    std::filesystem::path run_;
    std::string group_;
    std::string fingerprint_;
  };

  /// Copies what has just been staged of `files`, not relabelled yet. Throws std::runtime_error
  /// when it cannot be copied, or when that would use up the room that the stage itself may need.
  Draft copy(const std::string& group, const std::string& fingerprint, const Files& files,
             const Stage& stage, Stages& stages) const;

 private:
  std::filesystem::path place_of(const std::string& group, const std::string& fingerprint) const {
    return folder_ / group / fingerprint;
  }

  std::filesystem::path run_;
  std::filesystem::path folder_;
};

}  // namespace shoal::modules
