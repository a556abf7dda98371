#include "base/user_name.hpp"

#include <pwd.h>

#include <vector>

namespace shoal::base {

std::string name_of_user(uid_t id) {
  std::vector<char> buffer(64 << 10);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(id, &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? std::to_string(id) : found->pw_name;
}

}  // namespace shoal::base
