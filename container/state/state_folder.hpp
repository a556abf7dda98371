#pragma once

#include <cstdint>
#include <filesystem>

namespace shoal::state {

/// Returns true if the folder `path` holds a store. Throws StateError if `path` cannot be examined,
/// or is not a folder.
bool has_store(const std::filesystem::path& path);

/// Creates the folder and its parents if they are missing, checks that no other user can write to
/// it or read its files (modules keep sessions there; see base::PrivateFolder), and allocates the
/// disk space of LMDB's table of `readers` readers. Throws StateError. REQUIRES: this process has
/// no store open there.
void prepare_folder(const std::filesystem::path& path, unsigned readers);

/// Makes the open file of the store in `path` at least `size` bytes long, without allocating disk
/// space: to read a mapped page behind the end of its file would be SIGBUS. Throws StateError, also
/// if the file is shorter than the `used` bytes that its store needs.
void prepare_file(const std::filesystem::path& path, int file, std::uint64_t used,
                  std::uint64_t size);

}  // namespace shoal::state
