#include "control/users.hpp"

#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "base/failure.hpp"
#include "base/user_name.hpp"

namespace shoal::control {
namespace {

constexpr std::size_t kLongestEntry = 64 << 10;

std::vector<gid_t> groups_of_this_process() {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  const int number = ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(static_cast<std::size_t>(std::max(0, number)));
  groups.push_back(::getegid());
  return groups;
}

}  // namespace

gid_t own_group(const std::string& name, const std::string& setting) {
  std::vector<char> buffer(kLongestEntry);
  ::group entry{};
  ::group* found = nullptr;
  ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) {
    base::fail({setting + ": " + name, "there is no such group", 0,
                "create it with `groupadd " + name + "`, or name another"});
  }
  const gid_t group = found->gr_gid;
  const auto own = groups_of_this_process();
  if (::geteuid() != 0 && std::ranges::find(own, group) == own.end()) {
    const std::string user = base::name_of_user(::geteuid());
    base::fail({setting + ": " + name, "the container's user " + user + " is not in this group", 0,
                "add it with `usermod -aG " + name + " " + user +
                    "`, or SupplementaryGroups= of the systemd unit, and restart the container"});
  }
  return group;
}

}  // namespace shoal::control
