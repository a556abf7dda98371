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
void make_private(const PrivateFolder& copies, const Release& release) {
  for (const auto& file : release.files) {
    const std::string name = file.module + ".so";
    const Descriptor copy = copies.file(name, O_RDONLY);
    if (!copy) fail_for_now(copies.path() / name, "cannot be opened", errno);
  }
}

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

void History::add(Release release, const fs::path& draft) try {
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
} catch (const base::FolderError& error) {
  drop_draft(draft);
  throw Unavailable(error.what());
} catch (...) {
  drop_draft(draft);
  throw;
}

void History::heal(const Release& release, const fs::path& draft) try {
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
    drop_draft(draft);
    write(release);
  } else {
    write_record(copies, kManifest, text_of_manifest(release));
    move_into_place(draft, place);
    unwritten_.erase({release.group, release.number});
  }
  note_change();
} catch (const base::FolderError& error) {
  drop_draft(draft);
  throw Unavailable(error.what());
} catch (...) {
  drop_draft(draft);
  throw;
}

}  // namespace shoal::releases
