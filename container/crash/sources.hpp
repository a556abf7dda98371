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

/// A place in code, as its file counts.
struct CodePlace {
  int file = -1;  ///< descriptor of the file; -1: not known
  std::uintptr_t address = 0;
  std::string path;
};

/// Keeps open the files that places are in, so that their source can still be found when they have
/// been removed. Of one file 24 at most.
class CodeFiles {
 public:
  /// REQUIRES: the files outlive what is returned. `path` is absolute, or empty: in no file.
  CodePlace place(std::string_view path, std::uintptr_t address);

 private:
  struct File {
    std::string path;
    base::Descriptor descriptor;
  };
  std::vector<File> files_;
};

/// A line of source, and the function that it stands in; empty where that is not known. Printable.
struct Source {
  std::string function;
  std::string place;  ///< `/home/ada/site/layout/page.cpp:17`
};

/// For each place in turn its lines: of the innermost inlined function first.
using Sources = std::vector<std::vector<Source>>;

/// The source of some places, looked up by a process of its own (container/symbolize): reading
/// debug information takes long, and what stands in it may be wrong. Used by one thread. Not for a
/// signal handler.
class SourceLookup {
 public:
  using Clock = std::chrono::steady_clock;

  /// Starts it. `program` is shoal-symbolize. The files may be closed afterwards. It is given up
  /// after `most`: nobody waits for it, so it may take its time on a busy machine.
  SourceLookup(const std::filesystem::path& program, const std::vector<CodePlace>& places,
               std::chrono::milliseconds most = std::chrono::seconds(10));

  /// Ends the process if it still runs. In a copy of it, that a fork has made, it does not.
  ~SourceLookup();
  SourceLookup(const SourceLookup&) = delete;
  SourceLookup& operator=(const SourceLookup&) = delete;

  /// Becomes readable when there is something for `finished`.
  int descriptor() const { return answer_.get(); }

  /// When it is given up.
  Clock::time_point deadline() const { return deadline_; }

  /// Takes what has been answered so far. True when no more is to come.
  bool finished();

  /// Why it did not answer all; empty when it did, or has not finished.
  const std::string& failure() const { return failure_; }

  /// What has been answered so far, an entry for each place.
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

/// The line of a frame, with its source at the end, and a line before it for each function that is
/// inlined there.
std::vector<std::string> with_source(const std::string& frame_line,
                                     const std::vector<Source>& sources);

/// The same for a whole stack.
std::vector<std::string> with_sources(const std::vector<std::string>& stack,
                                      const Sources& sources);

}  // namespace shoal::crash
