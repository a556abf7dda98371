#pragma once

#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "elf/facts.hpp"
#include "releases/probing/probe.hpp"

// What `shoal probe` prints.
namespace shoal::commands {

struct FileResult {
  std::string file;
  std::string module;               ///< empty when the file is not a module
  std::optional<elf::Facts> facts;  ///< nullopt when it is not a whole shared object
  std::string refusal;              ///< why this file is bad; empty when it is good
};

struct GroupResult {
  std::vector<FileResult> files;
  std::string refusal;                         ///< why the group as a whole is bad; else empty
  std::map<std::string, std::string> bad;      ///< module at fault -> why
  std::map<std::string, std::string> untried;  ///< module that needs one of these -> which
  releases::Behaviour behaviour;
};

/// Prints a table, or JSON. Returns true if all files are good.
bool print(const std::map<std::string, GroupResult>& groups, bool json, std::ostream& out);

}  // namespace shoal::commands
