#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace shoal::releases {

/// One file of a release.
struct ReleasedFile {
  std::string module{};
  std::filesystem::path path{};  ///< where it was dropped
  std::string sha256{};          ///< hexadecimal digits
  std::string build_id{};        ///< hexadecimal digits; empty: it was linked without
  std::uint64_t size = 0;        ///< bytes
};

/// What became of a drop, for one group.
enum class Verdict {
  kNone,       ///< not decided: its process died, or the service was stopped
  kLive,       ///< serves
  kUnchanged,  ///< the same bytes as what serves
  kRefused,    ///< the last good generation goes on serving
  kOvertaken   ///< a later drop came before it was read
};

/// Where a release comes from.
struct Origin {
  enum class Kind {
    kDrop,      ///< `shoal drop`, by `who`
    kFiles,     ///< files that lay in the apps folder, whose owner is `who`
    kStart,     ///< the same, when the service started
    kReload,    ///< `shoal reload`, by `who`
    kRollback,  ///< `shoal rollback`, by `who`
    kLastGood   ///< the container itself, instead of what was withdrawn or refused
  };
  Kind kind = Kind::kFiles;
  std::string who{};  ///< name of a user; empty: not known
};

/// One try to make a generation of a release.
struct Attempt {
  std::chrono::system_clock::time_point at{};
  Origin origin{};
  unsigned long generation = 0;  ///< its number; 0: it did not come so far
  Verdict verdict = Verdict::kNone;
  std::string reason{};  ///< why it was refused: thing, fact, remedy
};

/// Why a release is not tried again when the service starts.
enum class Ban {
  kNone,
  kWithdrawn,   ///< its generation crashed workers
  kRolledBack,  ///< people went back from it
  kEndedWorker  ///< it ended a worker while it was opened
};

/// The bytes of a group's files, kept on disk, and what became of them.
struct Release {
  std::string group{};
  unsigned long number = 0;
  std::vector<ReleasedFile> files{};  ///< by module
  std::vector<Attempt> attempts{};    ///< the oldest first; of many, the first and the last ones
  Ban ban = Ban::kNone;
  unsigned crashes = 0;  ///< that it was withdrawn for
  std::chrono::system_clock::time_point banned_at{};

  /// Returns what became of it last.
  Verdict verdict() const;

  /// Returns true if a generation of it was ever live.
  bool was_live() const;

  /// Returns the number of the last generation that was made of it; its own number if none was.
  unsigned long last_generation() const;
};

/// Returns what tells these bytes from all others: a digest of the modules' names and of their
/// SHA-256. Two releases of the same bytes have the same content, whenever they were dropped.
std::string content_of(const std::vector<ReleasedFile>& files);

/// Returns the word for people and for JSON: `live`, `unchanged`, `refused`, ...
std::string text_of(Verdict verdict);
std::string text_of(Ban ban);

/// Returns why a release with this ban is not tried at a start: the rest of a sentence about it.
const char* reason_of(Ban ban);

/// Returns the origin for people: `drop by mallory`, `files of mallory`, `rollback by root`.
std::string text_of(const Origin& origin);

}  // namespace shoal::releases
