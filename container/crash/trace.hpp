#pragma once

#include <string>
#include <vector>

#include "crash/sources.hpp"
#include "crash/stack.hpp"

namespace shoal::crash {

/// A stack whose lines can still be made after its code has been unmapped and its files removed: it
/// keeps the files open. Not for a signal handler.
class Trace {
 public:
  Trace() = default;
  explicit Trace(std::vector<Frame> frames);

  bool empty() const { return frames_.empty(); }

  /// Returns the place of each frame, for a SourceLookup.
  const std::vector<CodePlace>& places() const { return places_; }

  /// Returns one line for each frame, the innermost first, names demangled. Reads the files.
  std::vector<std::string> lines() const;

 private:
  std::vector<Frame> frames_;
  CodeFiles files_;
  std::vector<CodePlace> places_;  // in files_
};

}  // namespace shoal::crash
