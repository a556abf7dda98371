#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace shoal::system {

/// Returns what is wrong with the table of a glossary, as `epoch: not in modules/page.hpp`. Each
/// row is `| word | one sentence | file |`; the rows are in alphabetical order, no word stands
/// twice, and the file, relative to the folder of the glossary, contains the word or its stem.
std::vector<std::string> faults_of_glossary(const std::filesystem::path& glossary);

}  // namespace shoal::system
