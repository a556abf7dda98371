#pragma once

#include <filesystem>

namespace shoal::crash {

/// The program shoal-symbolize, which tells the source of addresses: beside this program, or where
/// it is installed. Need not be there.
std::filesystem::path symbolizer();

}  // namespace shoal::crash
