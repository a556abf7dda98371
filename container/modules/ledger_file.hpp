#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "modules/new_line.hpp"
#include "base/descriptor.hpp"
#include "base/private_folder.hpp"

// The files of the ledger, for Ledger alone. Safe to use from any thread and process.

namespace shoal::modules {

constexpr const char* kLedger = "ledger";

/// Opens `run/ledger`, and makes it again if it was removed. Throws Unavailable.
base::PrivateFolder open_ledger(const std::filesystem::path& run);

/// Locks the ledger for as long as the descriptor is open. Throws Unavailable when another process
/// holds the lock for too long.
base::Descriptor lock_ledger(const base::PrivateFolder& ledger);

/// Returns nullopt when there is no such file. Throws Unavailable when it cannot be read, and
/// base::FolderError when another user could have written it.
std::optional<std::string> contents_of(const base::PrivateFolder& ledger, const std::string& page);

/// Replaces the page. `for_good`: a machine that loses power has the old or the new one whole.
/// Throws Unavailable. REQUIRES: the ledger is locked.
void write_page(const base::PrivateFolder& ledger, const std::string& page, const std::string& text,
                bool for_good);

/// Renames what cannot be used as a page, and says so.
void set_aside(const std::filesystem::path& path, const std::string& why);

}  // namespace shoal::modules
