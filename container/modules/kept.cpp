#include "modules/kept.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "modules/copying.hpp"
#include "shoal/host/descriptor.hpp"

namespace shoal::modules {
namespace {

namespace fs = std::filesystem;
using host::Descriptor;
using nlohmann::json;

constexpr const char* kManifest = "manifest";

[[noreturn]] void fail(const fs::path& place, int error) {
  throw std::runtime_error(place.parent_path().native() + ": no copy can be kept (" +
                           std::strerror(error) + ")");
}

/// CBOR, for paths are bytes, and JSON must be UTF-8.
std::string manifest_of(const Files& files) {
  json all = json::object();
  for (const auto& [module, file] : files) {
    const Identity& it = file.identity;
    all[module] = {file.path.native(), it.device, it.inode, it.size, it.modified_ns, it.changed_ns};
  }
  std::string text;
  json::to_cbor(all, text);
  return text;
}

Files files_in(const std::string& manifest) {
  const json all = json::from_cbor(manifest);
  Files files;
  for (const auto& [module, it] : all.items()) {
    files[module] = File{it.at(0).get<std::string>(),
                         {.device = it.at(1),
                          .inode = it.at(2),
                          .size = it.at(3),
                          .modified_ns = it.at(4),
                          .changed_ns = it.at(5)}};
  }
  return files;
}

void copy_one(const fs::path& from, const fs::path& to) {
  const Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  const Descriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!source || !target || !copy_contents(source.get(), target.get())) fail(to, errno);
}

void write_manifest(const fs::path& path, const std::string& text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file || ::write(file.get(), text.data(), text.size()) != std::ssize(text)) fail(path, errno);
}

/// What serves comes before what may be needed one day: the stage is not finished yet.
void require_room(const fs::path& folder, const Files& files) {
  std::uint64_t size = 64 * 1024;
  for (const auto& [module, file] : files) size += static_cast<std::uint64_t>(file.identity.size);
  struct statvfs status;
  if (::statvfs(folder.c_str(), &status) != 0) return;
  if (std::uint64_t{status.f_bavail} * status.f_frsize < 2 * size) fail(folder, ENOSPC);
}

void remove_all_in(const fs::path& folder, const std::set<std::string>& but) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (!but.contains(entry.path().filename().native())) fs::remove_all(entry.path(), none);
  }
}

}  // namespace

bool Kept::has(const std::string& group, const std::string& fingerprint) const {
  return ::faccessat(AT_FDCWD, (place_of(group, fingerprint) / kManifest).c_str(), R_OK,
                     AT_EACCESS) == 0;
}

std::optional<KeptFiles> Kept::find(const std::string& group, const std::string& fingerprint) const
    try {
  const fs::path place = place_of(group, fingerprint);
  std::ifstream stream(place / kManifest, std::ios::binary);
  if (!stream) return std::nullopt;
  KeptFiles kept{files_in({std::istreambuf_iterator<char>(stream), {}}), {}};
  for (const auto& [module, file] : kept.files) {
    const fs::path path = place / (module + ".so");
    const auto identity = identity_of(path);
    if (!identity || identity->size != file.identity.size) return std::nullopt;
    kept.copies[module] = File{path, *identity};
  }
  return kept;
} catch (const json::exception&) {
  return std::nullopt;
}

void Kept::retain(const std::string& group, const std::set<std::string>& fingerprints) const {
  remove_all_in(folder_ / group, fingerprints);
}

void Kept::retain_groups(const std::set<std::string>& groups) const {
  remove_all_in(folder_, groups);
}

Kept::Draft Kept::copy(const std::string& group, const std::string& fingerprint, const Files& files,
                       const Stage& stage, Stages& stages) const {
  if (has(group, fingerprint)) return {};
  require_room(stages.folder(), files);
  const fs::path folder = stage.folder().native() + ".kept";
  std::error_code error;
  fs::create_directory(folder, error);
  if (error) fail(folder, error.value());
  Draft draft(folder, place_of(group, fingerprint));
  for (const auto& [module, file] : files) copy_one(stage.file(module), folder / (module + ".so"));
  write_manifest(folder / kManifest, manifest_of(files));
  return draft;
}

Kept::Draft::~Draft() {
  std::error_code none;
  if (!folder_.empty()) fs::remove_all(folder_, none);
}

bool Kept::Draft::keep() {
  if (folder_.empty()) return false;
  std::error_code error;
  fs::create_directories(place_.parent_path(), error);
  if (error) fail(place_, error.value());
  fs::rename(folder_, place_, error);
  if (!error) {
    folder_.clear();
  } else if (error != std::errc::directory_not_empty && error != std::errc::file_exists) {
    fail(place_, error.value());
  }
  return true;
}

}  // namespace shoal::modules
