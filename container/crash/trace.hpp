#pragma once

#include <string>
#include <vector>

#include "crash/sources.hpp"
#include "crash/stack.hpp"

namespace shoal::crash {

/// A stack that can be told of later, too, when its code has been unmapped and its files removed:
/// it keeps them open. Not for a signal handler.
class Trace {
 public:
  Trace() = default;
  explicit Trace(std::vector<Frame> frames);

  bool empty() const { return frames_.empty(); }

  /// For a SourceLookup, one for each line.
  const std::vector<CodePlace>& places() const { return places_; }

  /// A line for each frame, innermost first, names demangled. Reads the files.
  std::vector<std::string> lines() const;

 private:
  std::vector<Frame> frames_;
  CodeFiles files_;
  std::vector<CodePlace> places_;  // in files_
};

}  // namespace shoal::crash
