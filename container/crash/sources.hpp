#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"

namespace shoal::crash {

/// A place in code: a file and an address in it.
struct CodePlace {
  int file = -1;  ///< descriptor of the open file; -1: not open
  std::uintptr_t address = 0;
  std::string path;
};

/// Keeps the files of places open, so that their source can be found after they have been removed.
/// Opens at most 24 files.
class CodeFiles {
 public:
  /// Returns the place with its file open, if possible. REQUIRES: this object outlives the result;
  /// `path` is absolute, or empty for an address in no file.
  CodePlace place(std::string_view path, std::uintptr_t address);

 private:
  struct File {
    std::string path;
    base::Descriptor descriptor;
  };
  std::vector<File> files_;
};

/// A line of source and its function. Printable. A text is empty when it is not known.
struct Source {
  std::string function;
  std::string place;  ///< `/home/ada/site/layout/page.cpp:17`
};

/// The source lines of each place, the innermost inlined function first.
using Sources = std::vector<std::vector<Source>>;

/// Finds the source of places with a separate process (container/symbolize): reading debug
/// information is slow, and wrong debug information can crash the reader. Used by one thread. Not
/// for a signal handler.
class SourceLookup {
 public:
  using Clock = std::chrono::steady_clock;

  /// Starts the process. `program` is the path of shoal-symbolize. The files may be closed
  /// afterwards. The process is killed after `most`, which is long: no request waits for it, and
  /// the machine may be busy.
  SourceLookup(const std::filesystem::path& program, const std::vector<CodePlace>& places,
               std::chrono::milliseconds most = std::chrono::seconds(10));

  /// Kills the process if it still runs. Does not do so in a child process that fork() has made.
  ~SourceLookup();
  SourceLookup(const SourceLookup&) = delete;
  SourceLookup& operator=(const SourceLookup&) = delete;

  /// Returns a descriptor that becomes readable when `finished` should be called.
  int descriptor() const { return answer_.get(); }

  /// Returns the time at which the process is killed.
  Clock::time_point deadline() const { return deadline_; }

  /// Reads what the process has answered so far. Returns true when the answer is complete or has
  /// failed.
  bool finished();

  /// Returns why the answer is not complete; empty when it is, or has not finished.
  const std::string& failure() const { return failure_; }

  /// Returns what has been answered so far, one entry for each place.
  Sources sources() const;

 private:
  void start(const std::filesystem::path& program, const std::vector<CodePlace>& places);
  void end(const std::string& failure);

  const pid_t owner_;
  const std::size_t places_;
  const Clock::time_point deadline_;
  base::Descriptor answer_;
  base::Descriptor process_;
  pid_t id_ = 0;
  std::string text_;
  std::string failure_;
};

/// Returns the line of a frame with its source at the end. A line for each function that is inlined
/// there comes before it.
std::vector<std::string> with_source(const std::string& frame_line,
                                     const std::vector<Source>& sources);

/// The same for a whole stack.
std::vector<std::string> with_sources(const std::vector<std::string>& stack,
                                      const Sources& sources);

}  // namespace shoal::crash
