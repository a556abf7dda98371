#pragma once

#include <filesystem>
#include <string>

namespace shoal::daemon {

/// `shoal status`: prints what the container that has this run folder tells: a table, or JSON.
/// Returns 0 when all is well, 1 when something is not. Throws std::runtime_error when there is no
/// container to ask. With `watch`, again every second until it is interrupted, whether or not the
/// container is there.
int status(const std::filesystem::path& run, bool json, bool watch);

/// `shoal status --ready`: prints one line that says whether the container should get requests, as
/// /ready of the health checks does. Returns 0 if it should, else 1. Throws as above.
int is_ready(const std::filesystem::path& run);

/// `shoal reload GROUP`: has the container replace the group by a new generation of the same files,
/// and waits until every process serves it. While no worker process serves, as when the only one is
/// being replaced, waits for one, at most 30 s. Returns 0, or 1 when the reload was refused. Throws
/// std::runtime_error as above, and when there is no such group.
int reload(const std::filesystem::path& run, const std::string& group);

}  // namespace shoal::daemon
