#include "modules/bounds.hpp"

namespace shoal::modules {

std::string fault_of_size(std::int64_t size) {
  if (size <= kLargestFile) return {};
  return "has " + std::to_string(size) +
         " bytes, and a module may have 1 GiB; link it without debug information (strip), and keep "
         "data in files of its own";
}

std::string fault_of_members(const std::string& group, std::size_t members) {
  if (members <= kMostMembers) return {};
  return "the group " + group + " has " + std::to_string(members) +
         " modules, and a group may have " + std::to_string(kMostMembers) +
         "; see whether a link in the apps folder leads to more than was meant, or write smaller "
         "groups under \"groups\"";
}

}  // namespace shoal::modules
