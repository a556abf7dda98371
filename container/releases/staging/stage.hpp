#pragma once

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"
#include "elf/relabel.hpp"
#include "releases/apps/file_bytes.hpp"
#include "releases/apps/identity.hpp"

namespace shoal::releases {

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
  /// Throws std::runtime_error, with the remedy, when the folder cannot be made, is refused
  /// (base::PrivateFolder) or forbids exec.
  explicit Stages(const std::filesystem::path& run);
  ~Stages();
  Stages(const Stages&) = delete;
  Stages& operator=(const Stages&) = delete;

  /// A new empty folder for the generation `number`. Its path is never given twice: dlopen of a
  /// path that was opened before returns the old library. What was removed on the way to it is made
  /// again. Throws Unavailable or LoadError. REQUIRES: one thread at a time.
  std::filesystem::path make(const std::string& group, unsigned long number);

  const std::filesystem::path& folder() const { return folder_; }

 private:
  base::Descriptor take_folder();

  std::filesystem::path run_;
  std::filesystem::path folder_;
  base::Descriptor lock_;
  std::atomic<unsigned long> count_{0};
};

/// The label of the generation in whose stage `file` lies, by its path alone: `aquarium/12`. Empty
/// for what no Stages has named.
std::string label_of_stage(const std::filesystem::path& file);

/// The private folder of one generation: flat, one copy per module, named by the module's full
/// name. Real copies, because `cp` over a library that is mapped kills the process, and because
/// dlopen takes a hard link for the library it already has. Removed by the destructor.
class Stage {
 public:
  /// Copies `files`. Throws FilesChanged, or LoadError when a file cannot be copied.
  Stage(Stages& stages, const std::string& group, unsigned long number, const Files& files);

  /// Makes `folder`, whose path must never have been used before, and copies `files` into it; and
  /// the same bytes into a new folder `draft`, unless that is empty. On failure neither is left.
  /// Throws FilesChanged, or LoadError when a file cannot be copied, or Unavailable.
  Stage(std::filesystem::path folder, const std::string& group, const Files& files,
        const std::filesystem::path& draft);

  /// Borrows the folder of a stage that another process has made, and will remove.
  explicit Stage(std::filesystem::path folder);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  const std::filesystem::path& folder() const { return folder_; }

  /// Leaves the folder for another to remove.
  void keep() { borrowed_ = true; }

  /// Where the copy of `module` lies.
  std::filesystem::path file(const std::string& module) const;

  /// Maps a copy: only what is looked at is read.
  FileBytes read(const std::string& module) const;

  /// Returns the SHA-256 of a copy. Throws Unavailable or LoadError if it cannot be read.
  std::string sha256(const std::string& module) const;

  /// Writes into a copy that nobody has opened yet.
  void patch(const std::string& module, const std::vector<elf::Patch>& patches) const;

  /// Adds a file of the container's own and returns its path.
  std::filesystem::path write(const std::string& name, std::string_view bytes) const;

 private:
  [[noreturn]] void fail_on_file(const char* fact) const;

  std::filesystem::path folder_;
  bool borrowed_ = false;
};

}  // namespace shoal::releases
