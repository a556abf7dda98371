#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "elf/facts.hpp"
#include "elf/relabel.hpp"
#include "releases/apps/grouping.hpp"
#include "releases/apps/identity.hpp"
#include "releases/linking/fault.hpp"

// The graph of a group: who is linked to whom, and what that means for loading. Answers only; opens
// nothing.
namespace shoal::releases {

/// The apps folder as one load sees it.
struct Apps {
  std::filesystem::path folder;  ///< empty: the files lie anywhere
  Files files;                   ///< every module there is
  Grouping grouping = Grouping::top_level();
};

/// Module name -> what its file says of itself.
using Facts = std::map<std::string, elf::Facts>;

/// A library from outside the group, as one member asks for it.
struct Outside {
  std::string name;  ///< DT_NEEDED, as it stands in the file
  std::filesystem::path
      file;  ///< where the member's run path has it; empty: the linker's own search

  auto operator<=>(const Outside&) const = default;
};

/// What one member of the group asks the dynamic linker for, in the order of its file.
struct Links {
  std::vector<std::string> members;  ///< modules of its group
  std::vector<Outside> outside;
  elf::Labels labels;  ///< the names that make it a member of one generation and of no other
};

/// Returns how the members of the group `files` are linked: of each module in `facts`. A member
/// without facts can be needed, but not by its soname. `generation` is a short text that no other
/// generation of this process has; labels begin with it.
///
/// Appends a fault when a member needs a module of another group, or of none: such a module is
/// replaced, or not, at another time than its user, which is the very mixture that groups are there
/// to prevent. The remedy has the line of conf/shoal.yaml that joins the two. The links are of use
/// for loading only if nothing was appended.
std::map<std::string, Links> links_of(const Facts& facts, const Files& files, const Apps& apps,
                                      const std::string& generation, std::vector<Fault>& faults);

/// The modules in the order in which they are opened: what is needed before what needs it.
std::vector<std::string> order_of_opening(const std::map<std::string, Links>& links);

/// What is opened in one scope with `module`, ahead of it, what is needed first: every member that
/// somebody needs, among those that are linked to one another, directly or not. Not only what
/// `module` itself needs: a base is bound but once, so all scopes that it is in must agree on who
/// comes first.
std::vector<std::string> bases_around(const std::string& module,
                                      const std::map<std::string, Links>& links);

}  // namespace shoal::releases
