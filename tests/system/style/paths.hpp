#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace shoal::system {

/// Returns every path in a Markdown file of the repository that leads nowhere, as
/// `tests/README.md:106: sanitizers/lsan.supp`. Checked are
///
///   - links, and their #anchors;
///   - paths in backquotes with the ending of a source, such as `facts.hpp`: they lead from the
///     folder of the document, from container/, from container/sdk/include or from the top of the
///     repository; a bare name may also lie in a folder below the document's;
///   - words in backquotes or in blocks of code that begin with a folder of sources, such as
///     `tests/run.sh --long`.
///
/// Other paths are made when the container runs, or are examples. CHANGELOG.md is not checked,
/// since it names files of earlier versions.
std::vector<std::string> paths_that_lead_nowhere(const std::filesystem::path& repository);

}  // namespace shoal::system
