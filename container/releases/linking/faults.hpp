#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "elf/relabel.hpp"
#include "releases/apps/file_bytes.hpp"
#include "releases/linking/fault.hpp"
#include "releases/linking/links.hpp"

// The one check of files: what keeps the modules of a group from being loaded, as far as their
// files tell. The loader, `shoal check`, `shoal probe` and `shoal drop` all ask here, so that they
// say the same of the same file.
//
// The check only reads. It loads nothing, writes nothing, and does not ask the dynamic linker: what
// a file does when it is opened, such as a symbol that no library has or a constructor that throws,
// is for the probe to find out.
//
// In this order it asks:
//
//   1. of a group: does it have too many modules? Then nothing else is asked.
//   2. of each file: can it be read, is it a regular file of at most 1 GiB, a whole shared object
//      for this machine, and does its ABI note fit this container?
//   3. of each module in `handlers`: does its file have SHOAL_MODULE?
//   4. of a group: does each module need only modules of its own group, and libraries from outside
//      the apps folder?
//   5. of a group without a fault so far: can each file get names of its own (elf/relabel.hpp)?
//
// The name of a file is checked before it is a module: see fault_of_name in name.hpp.
namespace shoal::releases {

/// What is to be checked.
struct FilesToCheck {
  /// Module name -> file. Messages name its path. Its identity is not looked at.
  Files files;

  /// Returns the bytes of a module, which has been staged already. Empty: the file is read at its
  /// path. What it throws, check_files throws.
  std::function<FileBytes(const std::string& module)> read{};

  /// The name of the group. Used with `apps` only.
  std::string group{};

  /// What lies around the files. Null: they are not one whole group, so only questions 2 and 3 are
  /// asked. REQUIRES: outlives the call.
  const Apps* apps = nullptr;

  /// Modules that must have a handler. Those that are not among the files are not looked at.
  std::set<std::string> handlers{};

  /// With this the new names begin: a short text that no other generation of the process has.
  std::string label = "~1";
};

/// What is wrong with the files, and what was learned on the way.
struct CheckedFiles {
  /// All that is wrong: first of the group, then by module, each in the order of the questions.
  /// Empty: the probe may try the files.
  std::vector<Fault> faults;

  /// Of each module whose file could be read, even if it has a fault.
  Facts facts;

  /// Of each module with facts; empty without `apps`. Also tells which libraries from outside the
  /// group must be there, and where. Whether the dynamic linker finds them is not asked.
  std::map<std::string, Links> links;

  /// What to write into a copy of each file before it is opened. Empty if there is any fault.
  std::map<std::string, std::vector<elf::Patch>> patches;
};

/// Checks the files. Throws only what `files.read` throws. Safe to call from any thread.
CheckedFiles check_files(const FilesToCheck& files);

}  // namespace shoal::releases
