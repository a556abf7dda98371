#pragma once

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "modules/identity.hpp"
#include "shoal/host/descriptor.hpp"

namespace shoal::modules {

/// A file was written to while it was copied. Not a refusal: the group is looked at again.
class FilesChanged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// `run/stages/`: where the generations of all containers that share a run folder are staged, each
/// container in a folder of its own that it holds a lock on. What a killed container left is
/// removed by the next one that starts.
class Stages {
 public:
  /// Throws std::runtime_error, with the remedy, when the folder cannot be made or forbids exec.
  explicit Stages(const std::filesystem::path& run);
  ~Stages();
  Stages(const Stages&) = delete;
  Stages& operator=(const Stages&) = delete;

  /// A new empty folder. Its path is never given twice: dlopen of a path that was opened before
  /// returns the old library.
  std::filesystem::path make(const std::string& group);

 private:
  std::filesystem::path folder_;
  host::Descriptor lock_;
  std::atomic<unsigned long> count_{0};
};

/// The private folder of one generation: flat, one copy per module, named by the module's full
/// name. Real copies, because `cp` over a library that is mapped kills the process, and because
/// dlopen takes a hard link for the library it already has. Removed by the destructor.
class Stage {
 public:
  /// Copies `files`. Throws FilesChanged, or LoadError when a file cannot be copied.
  Stage(Stages& stages, const std::string& group, const Files& files);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  const std::filesystem::path& folder() const { return folder_; }

  /// Where the copy of `module` lies.
  std::filesystem::path file(const std::string& module) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace shoal::modules
