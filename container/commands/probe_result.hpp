#pragma once

#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "elf/facts.hpp"
#include "modules/probe.hpp"

// What `shoal probe` prints.
namespace shoal::commands {

struct FileReport {
  std::string file;
  std::string module;               ///< empty when it has none
  std::optional<elf::Facts> facts;  ///< none when it is no whole shared object
  std::string refusal;              ///< why this file is bad; empty when it is not
};

struct GroupReport {
  std::vector<FileReport> files;
  std::string refusal;  ///< why the group is bad as a whole; empty when it is not
  std::map<std::string, std::string> bad;      ///< module at fault -> why
  std::map<std::string, std::string> untried;  ///< module that needs one of these -> which
  modules::Verdict verdict;
};

/// Prints a table, or JSON; whether all is good.
bool print(const std::map<std::string, GroupReport>& groups, bool json, std::ostream& out);

}  // namespace shoal::commands
