#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "modules/identity.hpp"
#include "modules/stage.hpp"

namespace shoal::modules {

/// A set of files that was kept.
struct KeptFiles {
  Files files;   ///< as they lay in the apps folder
  Files copies;  ///< where they lie now
};

/// `run/kept/<group>/<fingerprint>/`: real copies of the files of generations that are, or were,
/// good, as they were dropped: what a group goes back to when newer files turn out to be bad. Which
/// of them stay is the ledger's business. Safe to use from any thread and process.
class Kept {
 public:
  explicit Kept(const std::filesystem::path& run) : folder_(run / "kept") {}

  /// Whether they are kept.
  bool has(const std::string& group, const std::string& fingerprint) const;

  /// None when they are not kept, or no longer whole.
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
    Draft(std::filesystem::path folder, std::filesystem::path place)
        : folder_(std::move(folder)), place_(std::move(place)) {}
    Draft(Draft&& other) noexcept
        : folder_(std::exchange(other.folder_, {})), place_(std::move(other.place_)) {}
    Draft& operator=(Draft&& other) = delete;
    ~Draft();

    /// If another process has kept the same meanwhile, that one stays. Returns whether there was
    /// anything to keep. Throws std::runtime_error.
    bool keep();

   private:
    std::filesystem::path folder_;  // empty: nothing to do
    std::filesystem::path place_;
  };

  /// Copies what has just been staged of `files`, not relabelled yet. Throws std::runtime_error
  /// when it cannot be copied, or when that would use up the room that the stage itself may need.
  Draft copy(const std::string& group, const std::string& fingerprint, const Files& files,
             const Stage& stage, Stages& stages) const;

 private:
  std::filesystem::path place_of(const std::string& group, const std::string& fingerprint) const {
    return folder_ / group / fingerprint;
  }

  std::filesystem::path folder_;
};

}  // namespace shoal::modules
