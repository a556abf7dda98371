#include "control/control_address.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <cstring>
#include <string>

namespace shoal::control {

base::Descriptor opened_run_folder(const std::filesystem::path& run) {
  return base::Descriptor(::open(run.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

sockaddr_un address_in(const base::Descriptor& folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = "/proc/self/fd/" + std::to_string(folder.get()) + "/" + kControlSocket;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

}  // namespace shoal::control
