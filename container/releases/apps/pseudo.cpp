#include "releases/apps/pseudo.hpp"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace shoal::releases {

const char* pseudo_file_system(const std::filesystem::path& folder) {
  // Those with a number come from the kernel's own sources: linux/magic.h does not have them.
  static constexpr std::array<std::pair<std::uint32_t, const char*>, 20> kPseudo{
      {{PROC_SUPER_MAGIC, "proc"},
       {SYSFS_MAGIC, "sysfs"},
       {CGROUP_SUPER_MAGIC, "cgroup"},
       {CGROUP2_SUPER_MAGIC, "cgroup2"},
       {DEVPTS_SUPER_MAGIC, "devpts"},
       {TRACEFS_MAGIC, "tracefs"},
       {DEBUGFS_MAGIC, "debugfs"},
       {SECURITYFS_MAGIC, "securityfs"},
       {BPF_FS_MAGIC, "bpf"},
       {0x19800202, "mqueue"},
       {SELINUX_MAGIC, "selinuxfs"},
       {SMACK_MAGIC, "smackfs"},
       {0x5a3c69f0, "apparmorfs"},
       {EFIVARFS_MAGIC, "efivarfs"},
       {PSTOREFS_MAGIC, "pstore"},
       {BINFMTFS_MAGIC, "binfmt_misc"},
       {0x62656570, "configfs"},
       {0x65735543, "fusectl"},
       {RDTGROUP_SUPER_MAGIC, "resctrl"},
       {0x67596969, "rpc_pipefs"}}};
  struct statfs status;
  if (::statfs(folder.c_str(), &status) != 0) return nullptr;
  const auto* const found = std::ranges::find(kPseudo, static_cast<std::uint32_t>(status.f_type),
                                              &std::pair<std::uint32_t, const char*>::first);
  return found == kPseudo.end() ? nullptr : found->second;
}

}  // namespace shoal::releases
