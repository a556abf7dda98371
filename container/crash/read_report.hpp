#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "crash/sources.hpp"

namespace shoal::crash {

/// What a process that died wrote of its end (report.hpp). A text is empty and a number zero where
/// it had nothing to say, or did not get so far.
struct Report {
  int signal = 0;
  std::string signal_name;  ///< `SIGSEGV`
  std::string cause;        ///< `nothing is mapped there`
  std::string address;      ///< `0x0`: what it tried to reach
  std::chrono::system_clock::time_point time;
  pid_t pid = 0;
  pid_t tid = 0;
  std::string thread;  ///< its name

  std::string id;  ///< of the request
  std::string request;
  std::string module;
  std::string group;
  std::string generation;  ///< `aquarium/12`

  std::string code;      ///< path of the stage's file of the innermost frame that lies in one
  std::string build_id;  ///< of that file
  std::vector<std::string> stack;  ///< a line per frame, names demangled
  std::vector<std::string> files;  ///< of the generation, with build-ids

  /// Where a frame lies in its file; the path is empty when it lies in none.
  struct Place {
    std::string path;
    std::uintptr_t address = 0;
  };
  std::vector<Place> places;  ///< of the stack, frame by frame; may be fewer

  bool whole = false;          ///< false: the process ended before the report did
  std::filesystem::path kept;  ///< where it stands for people to read; empty: could not be written

  /// `SIGSEGV (nothing is mapped there) at 0x0 in aquarium.screen.about (aquarium/12), GET /about`:
  /// for a line of the log.
  std::string summary() const;
};

/// Reads what process `pid` wrote into `folder`, keeps it there for people, names demangled, as
/// `<UTC time>-<pid>.txt`, removes the raw file, and of those kept all but the newest 32.
///
/// Nothing when it wrote none: it was killed, or left by itself. Believes nothing of what it reads:
/// a file that is cut off or garbage gives what can be made of it, all of it printable. Throws
/// nothing but std::bad_alloc. Safe to call from any thread, for one process once.
std::optional<Report> read_report(const std::filesystem::path& folder, pid_t pid);

/// Adds the source of each frame to the report's stack, and to what was kept of it.
void add_sources(Report& report, const Sources& sources);

/// The processes whose reports have not been read yet, the caller's own aside: at the start, those
/// that died together with their supervisor.
std::vector<pid_t> unread_reports(const std::filesystem::path& folder);

}  // namespace shoal::crash
