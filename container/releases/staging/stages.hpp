#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace shoal::releases {

/// `run/stages/`: a folder for each generation, `GROUP.NUMBER.COUNT`, which the deployer makes and
/// all workers map. GROUP is written as folder_name_of() does. No stage's name is ever given twice,
/// whatever process is killed: dlopen of a path that was opened before returns the old library. For
/// that there is a counter on disk, `run/stages/.count`, from which each process takes a hundred
/// counts at a time. Used by one thread; several processes may use the same folder.
class Stages {
 public:
  /// Opens the folder, and makes it if it does not exist. Throws std::runtime_error, with the
  /// remedy, if it cannot be made, is refused (base::PrivateFolder) or forbids exec.
  explicit Stages(const std::filesystem::path& run);

  /// Returns a count that no process has had. Makes the folder again if it was removed. Throws
  /// Unavailable if the counter cannot be written.
  unsigned long next_count();

  /// Returns the path of the stage of this generation; label_of_stage() reads it. It does not exist
  /// yet. REQUIRES: `count` is from next_count().
  std::filesystem::path name(const std::string& group, unsigned long number,
                             unsigned long count) const;

  /// Returns the names of what lies in the folder: stages, and what shoal 0.1 has left: folders
  /// that hold stages.
  std::set<std::string> stages() const;

  /// Removes the stage of this name. Links are not followed. Returns false if part of it is still
  /// there; a name that would lead out of the folder removes nothing.
  bool remove(const std::string& name) const;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  void reserve();
  unsigned long least_count(bool is_lost) const;

  std::filesystem::path run_;
  std::filesystem::path folder_;
  unsigned long next_ = 1;      // the next count of this process
  unsigned long reserved_ = 0;  // its counts are below this one
};

/// Returns a short text that tells this count from all others: `~` and its digits in base 36. For
/// prepare().
std::string label_of(unsigned long count);

/// Returns the names of the stages in `folder` from which any process of this user has mapped a
/// file, removed files too. Reads /proc; a process that cannot be read is left out.
std::set<std::string> mapped_stages(const std::filesystem::path& folder);

}  // namespace shoal::releases
