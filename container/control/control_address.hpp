#pragma once

#include <sys/un.h>

#include <filesystem>

#include "base/descriptor.hpp"

namespace shoal::control {

/// The name of the control socket in the run folder.
inline constexpr const char* kControlSocket = "control.sock";

/// Opens the run folder for `address_in`. Returns an empty descriptor, with errno, if that fails.
base::Descriptor opened_run_folder(const std::filesystem::path& run);

/// Returns the address of the control socket, by way of the folder's descriptor: an address has 107
/// bytes at most, and the path of a run folder may have more. Valid while `folder` is open.
sockaddr_un address_in(const base::Descriptor& folder);

}  // namespace shoal::control
