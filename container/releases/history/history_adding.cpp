// How files come into the history.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/descriptor.hpp"
#include "releases/history/history.hpp"
#include "releases/history/manifest.hpp"
#include "releases/history/record_file.hpp"
#include "releases/linking/load_error.hpp"
#include "releases/staging/folder_name.hpp"

namespace shoal::releases {

namespace fs = std::filesystem;
using base::Descriptor;
using base::PrivateFolder;

namespace {

constexpr const char* kDraft = ".draft.";

/// Gives the copy of each module the mode 0600. Throws Unavailable if one is missing.
void make_private(const PrivateFolder& copies, const Release& release) try {
  for (const auto& file : release.files) {
    const std::string name = file.module + ".so";
    const Descriptor copy = copies.file(name, O_RDONLY);
    if (!copy) fail_for_now(copies.path() / name, "cannot be opened", errno);
  }
} catch (const base::FolderError& error) {
  throw Unavailable(error.what());
}

/// Removes what is left of a draft at the end, also when it could not be used.
class DraftInUse {
 public:
  explicit DraftInUse(const fs::path& draft) : draft_(draft) {}
  ~DraftInUse() { History::drop_draft(draft_); }
  DraftInUse(const DraftInUse&) = delete;
  DraftInUse& operator=(const DraftInUse&) = delete;

 private:
  const fs::path& draft_;
};

void move_into_place(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) fail_for_now(to, "cannot be made", error.value());
}

}  // namespace

fs::path History::draft(const std::string& group, unsigned long number) {
  fs::path path = folder_of(group).path() / (kDraft + std::to_string(number));
  std::error_code error;
  fs::remove_all(path, error);
  if (error) fail_for_now(path, "cannot be removed", error.value());
  return path;
}

void History::drop_draft(const fs::path& draft) {
  std::error_code none;
  fs::remove_all(draft, none);
}

void History::add(Release release, const fs::path& draft) {
  const DraftInUse in_use(draft);
  bound_attempts(release);
  for (auto& it : release.attempts) it.at = in_milliseconds(it.at);
  release.banned_at = in_milliseconds(release.banned_at);
  const PrivateFolder group = folder_of(release.group);
  const fs::path place = group.path() / std::to_string(release.number);
  {
    const PrivateFolder copies = opened([&] { return group.folder(draft.filename()); });
    make_private(copies, release);
    write_record(copies, kManifest, text_of_manifest(release));
  }
  // Not over an empty folder, which rename(2) would replace: the number was used.
  if (fs::exists(fs::symlink_status(place))) fail_for_now(place, "is there already", EEXIST);
  move_into_place(draft, place);
  unsigned long& least = least_next_[folder_name_of(release.group)];
  least = std::max(least, release.number + 1);
  auto& all = releases_[release.group];
  all.insert_or_assign(release.number, std::move(release));
  note_change();
}

void History::heal(const Release& release, const fs::path& draft) {
  const DraftInUse in_use(draft);
  const PrivateFolder group = folder_of(release.group);
  const fs::path place = group.path() / std::to_string(release.number);
  const PrivateFolder copies = opened([&] { return group.folder(draft.filename()); });
  make_private(copies, release);
  if (fs::is_directory(fs::symlink_status(place))) {
    // One by one: a process that is killed meanwhile leaves the release, and what is whole of it.
    for (const auto& file : release.files) {
      const std::string name = file.module + ".so";
      move_into_place(draft / name, place / name);
    }
    write(release);
  } else {
    write_record(copies, kManifest, text_of_manifest(release));
    move_into_place(draft, place);
    unwritten_.erase({release.group, release.number});
  }
  note_change();
}

}  // namespace shoal::releases
