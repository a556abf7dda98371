#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "releases/apps/identity.hpp"
#include "releases/history/history.hpp"

namespace shoal::releases {

/// Takes over what Shoal 0.1 left in the run folder: `run/ledger/GROUP.json` and
/// `run/kept/GROUP/FINGERPRINT/`. The numbers of each group go on; the last good files become
/// releases that were live; of `apps`, the files of each group as they lie in the apps folder,
/// those in quarantine become releases that are banned. (0.1 kept no copy of withdrawn files, and
/// knew them by name, path and identity alone. Once they were replaced, the quarantine had ended.)
///
/// Then removes both folders, and logs one line. A page that cannot be read is set aside as
/// `run/releases/GROUP.ledger.unreadable`, with a warning; kept files that are not whole are left
/// out, with a warning. A process that is killed meanwhile leaves both folders, and the next one
/// goes on.
///
/// Returns false if there is nothing of 0.1. Throws Unavailable if the machine lacks something just
/// now: then both folders are still there.
/// REQUIRES: no process of 0.1 uses the run folder.
bool migrate(const std::filesystem::path& run, History& history,
             const std::map<std::string, Files>& apps);

}  // namespace shoal::releases
