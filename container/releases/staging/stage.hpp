#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "elf/relabel.hpp"
#include "releases/apps/file_bytes.hpp"
#include "releases/apps/identity.hpp"
#include "releases/staging/stages.hpp"

namespace shoal::releases {

/// A file was written to while it was copied. Not a refusal: the group is looked at again.
class FilesChanged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The label of the generation in whose stage `file` lies, by its path alone: `aquarium/12`. Empty
/// for what no Stages has named.
std::string label_of_stage(const std::filesystem::path& file);

/// The private folder of one generation: flat, one copy per module, named by the module's full
/// name. Real copies, because `cp` over a library that is mapped kills the process, and because
/// dlopen takes a hard link for the library it already has. Removed by the destructor.
class Stage {
 public:
  /// Makes `folder`, whose path must never have been used before, and copies `files` into it; and
  /// the same bytes into a new folder `draft`, unless that is empty. On failure neither is left.
  /// Throws FilesChanged, or LoadError when a file cannot be copied, or Unavailable.
  Stage(std::filesystem::path folder, const std::string& group, const Files& files,
        const std::filesystem::path& draft);

  /// The same in the next folder of `stages`, without a draft.
  Stage(Stages& stages, const std::string& group, unsigned long number, const Files& files);

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
