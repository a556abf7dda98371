#include "releases/apps/bounds.hpp"

namespace shoal::releases {

std::optional<base::Failure> fault_of_size(std::int64_t size) {
  if (size <= kLargestFile) return std::nullopt;
  return base::Failure{
      .fact = "has " + std::to_string(size) + " bytes, and a module may have 1 GiB",
      .remedy =
          "link it without debug information (strip), and keep data in "
          "separate files"};
}

std::optional<base::Failure> fault_of_members(const std::string& group, std::size_t members) {
  if (members <= kMostMembers) return std::nullopt;
  return base::Failure{
      .thing = "group " + group,
      .fact = "has " + std::to_string(members) + " modules, and a group may have " +
              std::to_string(kMostMembers),
      .remedy =
          "check whether a link in the apps folder leads to more than you meant, or write "
          "smaller groups under \"groups\""};
}

}  // namespace shoal::releases
