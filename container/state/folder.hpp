#pragma once

#include <cstdint>
#include <filesystem>

namespace shoal::state {

/// Whether a store was made at `path`. Throws StateError when that cannot be told, or something
/// else than a folder is there.
bool has_store(const std::filesystem::path& path);

/// Makes the folder with its parents unless it is there, checks that no other user can write to it
/// or read its files (modules keep sessions there; see base::PrivateFolder), and takes the room for
/// the table of readers. Throws StateError. REQUIRES: no store is open there in this process.
void prepare_folder(const std::filesystem::path& path, unsigned readers);

/// Takes addresses within the file of `path` for those up to `size`, without taking room on disk,
/// so that nothing that is ever read lies behind its end: that would be SIGBUS. `used` is what must
/// be there already; throws StateError when it is not.
void prepare_file(const std::filesystem::path& path, int file, std::uint64_t used,
                  std::uint64_t size);

}  // namespace shoal::state
