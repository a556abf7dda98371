#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/private_folder.hpp"
#include "releases/apps/identity.hpp"
#include "releases/history/release.hpp"

namespace shoal::releases {

/// What `history` in conf/shoal.yaml says.
struct HistoryRules {
  unsigned keep = 10;               ///< releases of each group, and as many that are banned
  std::uint64_t size = 1ull << 30;  ///< bytes, of all releases
};

/// `run/releases/GROUP/NUMBER/{manifest.json, *.so}`: the releases of all groups, kept on disk.
///
/// One process uses it at a time: the deployer. A release is written aside and renamed, so a
/// process that is killed leaves whole releases only. Numbers are given once, for ever: they come
/// from a counter on disk, `run/releases/GROUP/next`, that is written before the number is used.
/// GROUP is the group's name as folder_name_of() writes it. Generations and releases of a group
/// share it, so `aquarium/13` is the generation that was made of release 13, unless the history
/// says otherwise.
///
/// Used by one thread, but for `copies_of`.
class History {
 public:
  /// Reads what is there. What cannot be read is set aside (`.unreadable`) and said once. Throws
  /// std::runtime_error, with the remedy, if the folder cannot be used.
  History(const std::filesystem::path& run, HistoryRules rules);

  /// Returns a number that the group has never had. Throws Unavailable if it cannot be written.
  unsigned long next_number(const std::string& group);

  /// The group's next number is above this one. Throws Unavailable if it cannot be written.
  void skip_to(const std::string& group, unsigned long number);

  /// Returns a folder that does not exist yet, for the copies of a release that is being tried.
  /// `add` takes it over. What a killed process left there is removed. Throws Unavailable.
  std::filesystem::path draft(const std::string& group, unsigned long number);

  /// Makes the draft, where the copy of each module is MODULE.so, a release. Throws Unavailable;
  /// then there is no such release, and no draft either. REQUIRES: the draft is of this group and
  /// number.
  void add(Release release, const std::filesystem::path& draft);

  /// Puts the copies of the draft in the place of those of this release, which may be damaged or
  /// missing. What is recorded of it stays. Throws Unavailable; the draft is gone in any case.
  /// REQUIRES: the release is of this history, and the draft has the bytes of its files.
  void heal(const Release& release, const std::filesystem::path& draft);

  /// Removes a draft that becomes no release.
  static void drop_draft(const std::filesystem::path& draft);

  /// Adds what became of it. A failure to write is logged, once until it works again, and the
  /// memory of it goes on; it is written at the next change of the release, or by prune(). Nothing
  /// happens if there is no such release. Of these two, `number` is of a release, or of a
  /// generation made of it.
  void record(const std::string& group, unsigned long number, Attempt attempt);

  /// Sets or lifts the ban.
  void ban(const std::string& group, unsigned long number, Ban ban, unsigned crashes = 0);

  /// Returns all releases of the group, by number.
  const std::map<unsigned long, Release>& of(const std::string& group) const;

  /// Returns the names of all groups that have a release.
  std::set<std::string> groups() const;

  /// Returns the release with this number, or of which the generation with this number was made;
  /// null if there is none.
  const Release* find(const std::string& group, unsigned long number) const;

  /// Returns the newest release with these bytes; null if there is none.
  const Release* find_content(const std::string& group, const std::string& content) const;

  /// Returns the newest release that was live, is not banned, and is none of `others`; null if
  /// there is none. Here and in before() the newest is that with the newest live generation: a
  /// release that was dropped or rolled back to again is as new as that. `others` and `serving` are
  /// numbers of a release, or of a generation made of it.
  const Release* last_good(const std::string& group,
                           const std::set<unsigned long>& others = {}) const;

  /// Returns what `shoal rollback` without a number goes to: the newest release before `serving`
  /// that was live and is not banned; null if there is none.
  const Release* before(const std::string& group, unsigned long serving) const;

  /// Returns where the files of a release lie, by module, after their digests have been compared.
  /// Throws LoadError if one of them is not what was dropped, or not there; Unavailable if the
  /// machine lacks something just now. Safe to call from any thread as long as the release is not
  /// removed.
  Files copies_of(const Release& release) const;

  /// Returns where a release lies, or lay before it was removed by hand.
  std::filesystem::path folder_of_release(const Release& release) const;

  /// Removes the oldest releases beyond the bounds; never one of `needed`, nor the last good one of
  /// a group, nor its rollback target, nor the one that was banned last: its bytes may still lie in
  /// the apps folder, and would be tried at the next start if the ban were forgotten. For the same
  /// reason `keep` counts banned releases apart.
  void prune(const std::map<std::string, std::set<unsigned long>>& needed);

  /// Has the kernel write to the disk what was changed since the last call; if nothing was, does
  /// nothing. May take seconds; called from a thread of its own. What fails is logged, and is
  /// written by the next call. Safe to call from any thread.
  ///
  /// By syncfs(2): on ext4 each fsync(2) commits the journal, and whoever renames a file meanwhile
  /// waits. At the start of 400 groups that took most of the time.
  void sync();

  /// Something else below `run/releases` was changed: sync() writes that, too. Safe to call from
  /// any thread.
  void note_change() { unsynced_ = true; }

  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  using Name = std::pair<std::string, unsigned long>;  // group and number of a release

  void read_group(const std::filesystem::path& folder);
  void read_release(const base::PrivateFolder& group, const std::string& name);
  base::PrivateFolder folder_of(const std::string& group) const;
  unsigned long next_of(const std::string& group) const;
  void write_next(const std::string& group, unsigned long next);
  Release* find_to_change(const std::string& group, unsigned long number);
  void write(const Release& release);
  void remove(const std::string& group, unsigned long number);
  void remove_beyond_number(const std::string& group, const std::set<unsigned long>& kept);
  std::set<unsigned long> kept_of(
      const std::string& group, const std::map<std::string, std::set<unsigned long>>& needed) const;

  base::PrivateFolder folder_;
  HistoryRules rules_;
  std::map<std::string, std::map<unsigned long, Release>> releases_;
  std::map<std::string, unsigned long> least_next_;  // by name of the group's folder
  std::set<Name> unwritten_;                         // their manifests are behind
  bool cannot_write_ = false;                        // the last one could not be written

  std::atomic<bool> unsynced_ = false;
};

}  // namespace shoal::releases
