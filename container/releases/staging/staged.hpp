#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "releases/linking/links.hpp"

namespace shoal::releases {

/// One file of a staged generation.
struct StagedModule {
  std::string module;
  std::filesystem::path path;  ///< where it was dropped; messages name it
  std::string build_id;        ///< as hexadecimal digits; empty: it was linked without
  bool handler = false;        ///< else others are linked to it

  /// It has a thread_local with a destructor. What such a one keeps is unmapped only when every
  /// thread that touched it has ended.
  bool thread_locals = false;
};

/// One module that is opened for its own sake: a handler, or a library that no handler needs.
struct Root {
  std::string module;
  std::filesystem::path file;  ///< its copy in the stage
  /// Opens the bases around the module, and then the module, in one scope of symbols: so an inline
  /// static of a base's header is one object for all. Empty when it is linked to nothing of its
  /// group.
  std::filesystem::path stub;
  bool handler = false;
};

/// An outside library, and who asks for it first.
struct Wanted {
  Outside library;
  std::string asking;  ///< module
  std::string remedy;  ///< should it not be found
};

/// All that a process must know to open a generation that lies ready in a stage. The deployer makes
/// it; the probe and the workers open it, each by the same description.
struct Staged {
  std::string group;
  unsigned long number = 0;
  std::string note;             ///< `instead of 12, quarantined`; most often empty
  std::filesystem::path stage;  ///< the folder
  std::vector<StagedModule> modules;
  std::vector<Wanted> outside;  ///< opened first, and kept for as long as the process lives
  std::vector<Root> roots;      ///< in the order of opening

  /// Returns `aquarium/12`: X-Shoal-Generation, and the name of the generation in the log.
  std::string label() const { return group + "/" + std::to_string(number); }

  /// Returns where the module was dropped. REQUIRES: it is one of `modules`.
  const std::filesystem::path& path_of(const std::string& module) const;
};

/// Returns a text for the way between processes of one build: CBOR, for paths are bytes. The second
/// reads it; throws std::exception if it is something else.
std::string text_of(const Staged& staged);
Staged staged_of(const std::string& text);

/// Writes the description into the stage's folder, where other processes read it. Throws
/// Unavailable or LoadError if that fails.
void describe(const Staged& staged);

/// Returns the description of the generation in this folder. Throws std::runtime_error, with the
/// remedy, if it cannot be read.
Staged described_in(const std::filesystem::path& stage);

}  // namespace shoal::releases
