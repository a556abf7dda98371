#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "crash/sources.hpp"

namespace shoal::crash {

/// What a process wrote when it crashed (report.hpp). Texts that it did not write are empty, and
/// numbers are 0.
struct Report {
  int signal = 0;
  std::string signal_name;  ///< `SIGSEGV`
  std::string cause;        ///< `address not mapped`
  std::string address;      ///< `0x0`: the address that it accessed
  std::chrono::system_clock::time_point time;
  pid_t pid = 0;
  pid_t tid = 0;
  std::string thread;  ///< its name

  std::string id;  ///< of the request
  std::string request;
  std::string module;
  std::string group;
  std::string generation;  ///< `aquarium/12`

  std::string code;                ///< file of the innermost frame that is in a stage: a module's
  std::string build_id;            ///< of that file
  std::vector<std::string> stack;  ///< one line for each frame, names demangled
  std::vector<std::string> files;  ///< of the generation, with build-ids

  /// The position of a frame in its file. The path is empty when it is in no file.
  struct Place {
    std::string path;
    std::uintptr_t address = 0;
  };
  std::vector<Place> places;  ///< one for each frame of the stack; may be fewer

  bool whole = false;          ///< false: the process ended while it wrote the report
  std::filesystem::path kept;  ///< the report for people; empty: it could not be written

  /// Returns a line for the log:
  /// `SIGSEGV (address not mapped) at 0x0 in aquarium.screen.about (aquarium/12), GET /about`.
  std::string summary() const;
};

/// Reads the report that process `pid` wrote into `folder`. Writes it for people, names demangled,
/// as
/// `<UTC time>-<pid>.txt`, removes the raw file, and removes all but the newest 32 of those for
/// people.
///
/// Returns nullopt when there is no report: the process was killed, or exited. Trusts nothing that
/// it reads: from an incomplete or damaged file it takes what is usable, and makes it printable.
/// Throws only std::bad_alloc. Safe to call from any thread, once for each process.
std::optional<Report> read_report(const std::filesystem::path& folder, pid_t pid);

/// Adds the source of each frame to the report's stack, and to the report for people.
void add_sources(Report& report, const Sources& sources);

/// Returns the processes whose reports have not been read yet, without the caller. When the
/// container starts, they are workers that crashed after their supervisor had ended.
std::vector<pid_t> unread_reports(const std::filesystem::path& folder);

}  // namespace shoal::crash
