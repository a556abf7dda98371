#include "modules/kept.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/descriptor.hpp"
#include "base/failure.hpp"
#include "base/files.hpp"
#include "base/private_folder.hpp"
#include "releases/apps/copying.hpp"
#include "releases/history/digest.hpp"

namespace shoal::modules {
namespace {

namespace fs = std::filesystem;
using base::Descriptor;
using base::PrivateFolder;
using nlohmann::json;

constexpr const char* kKept = "kept";
constexpr const char* kManifest = "manifest";

[[noreturn]] void fail(const fs::path& place, int error) {
  base::fail({.thing = place.parent_path().native(),
              .fact = "cannot keep a copy",
              .error = error,
              .remedy = "free disk space, and check that the user running shoal may write there"});
}

/// CBOR, for paths are bytes, and JSON must be UTF-8. `digests`: of the copies, by module.
std::string manifest_of(const Files& files, const std::map<std::string, std::string>& digests) {
  json all = json::object();
  for (const auto& [module, file] : files) {
    const Identity& it = file.identity;
    all[module] = {file.path.native(), it.device,     it.inode,          it.size,
                   it.modified_ns,     it.changed_ns, digests.at(module)};
  }
  std::string text;
  json::to_cbor(all, text);
  return text;
}

File file_in(const json& entry) {
  return File{entry.at(0).get<std::string>(),
              {.device = entry.at(1),
               .inode = entry.at(2),
               .size = entry.at(3),
               .modified_ns = entry.at(4),
               .changed_ns = entry.at(5)}};
}

/// Returns the digest of what was copied.
std::string copy_one(const fs::path& from, const fs::path& to) {
  const Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  const Descriptor target(::open(to.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!source || !target || !copy_contents(source.get(), target.get())) fail(to, errno);
  const auto digest = sha256_of(target.get());
  if (!digest) fail(to, errno);
  return *digest;
}

void write_manifest(const fs::path& path, const std::string& text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file || !base::write_whole(file.get(), text)) fail(path, errno);
}

/// Why these copies must not be used; nothing when they are whole and ours. Fills in `kept`.
std::optional<std::string> check(const PrivateFolder& place, KeptFiles& kept) try {
  const Descriptor manifest = place.file(kManifest, O_RDONLY);
  if (!manifest) return std::string("its manifest cannot be read");
  const json entries = json::from_cbor(base::read_whole(manifest.get()).value_or(""));
  for (const auto& [module, entry] : entries.items()) {
    kept.files[module] = file_in(entry);
    const std::string name = module + ".so";
    const Descriptor copy = place.file(name, O_RDONLY);
    if (!copy) return name + " is missing";
    if (sha256_of(copy.get()) != entry.at(6).get<std::string>()) {
      return name + " differs from what was copied";
    }
    struct stat status {};
    if (::fstat(copy.get(), &status) != 0) return name + " cannot be read";
    kept.copies[module] = File{place.path() / name, identity_of(status)};
  }
  return std::nullopt;
} catch (const json::exception&) {
  return std::string("its manifest is of another version");
} catch (const base::FolderError& error) {
  return std::string(error.what());
}

/// What serves comes before what may be needed one day: the stage is not finished yet.
void require_room(const fs::path& folder, const Files& files, const Stage& stage) {
  std::uint64_t size = 64 * 1024;
  for (const auto& [module, file] : files) {
    constexpr std::uint64_t kBlock = 512;  // what st_blocks counts: holes take no room
    struct stat copy;
    if (::stat(stage.file(module).c_str(), &copy) == 0) {
      size += static_cast<std::uint64_t>(copy.st_blocks) * kBlock;
    }
  }
  struct statvfs status;
  if (::statvfs(folder.c_str(), &status) != 0) return;
  if (std::uint64_t{status.f_bavail} * status.f_frsize < 2 * size) fail(folder, ENOSPC);
}

void remove_all_in(const fs::path& folder, const std::set<std::string>& but) {
  std::error_code none;
  if (fs::is_symlink(fs::symlink_status(folder, none))) return;  // leads to what is not ours
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (!but.contains(entry.path().filename().native())) fs::remove_all(entry.path(), none);
  }
}

}  // namespace

Kept::Kept(const fs::path& run) : run_(run), folder_(run / kKept) {
  try {
    PrivateFolder::at(run_).folder(kKept);
  } catch (const base::FolderError& error) {
    throw std::runtime_error(std::string("run: ") + error.what());
  }
}

bool Kept::has(const std::string& group, const std::string& fingerprint) const {
  return ::faccessat(AT_FDCWD, (place_of(group, fingerprint) / kManifest).c_str(), R_OK,
                     AT_EACCESS) == 0;
}

std::optional<KeptFiles> Kept::find(const std::string& group,
                                    const std::string& fingerprint) const {
  if (fingerprint.empty() || !has(group, fingerprint)) return std::nullopt;
  KeptFiles kept;
  std::optional<std::string> wrong;
  try {
    wrong = check(PrivateFolder::at(run_).folder(kKept).folder(group).folder(fingerprint), kept);
  } catch (const base::FolderError& error) {
    wrong = error.what();
  }
  if (!wrong) return kept;
  std::error_code error;
  fs::remove_all(place_of(group, fingerprint), error);
  spdlog::warn("{}: these kept files cannot be used and are removed: {}",
               place_of(group, fingerprint).native(), *wrong);
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
  require_room(stages.folder(), files, stage);
  const fs::path folder = stage.folder().native() + ".kept";
  if (::mkdir(folder.c_str(), 0700) != 0) fail(folder, errno);
  Draft draft(folder, run_, group, fingerprint);
  std::map<std::string, std::string> digests;
  for (const auto& [module, file] : files) {
    digests[module] = copy_one(stage.file(module), folder / (module + ".so"));
  }
  write_manifest(folder / kManifest, manifest_of(files, digests));
  return draft;
}

Kept::Draft::~Draft() {
  std::error_code none;
  if (!folder_.empty()) fs::remove_all(folder_, none);
}

bool Kept::Draft::keep() try {
  if (folder_.empty()) return false;
  const fs::path place = PrivateFolder::at(run_).folder(kKept).folder(group_).path() / fingerprint_;
  std::error_code error;
  fs::rename(folder_, place, error);
  if (!error) {
    folder_.clear();
  } else if (error != std::errc::directory_not_empty && error != std::errc::file_exists) {
    fail(place, error.value());
  }
  return true;
} catch (const base::FolderError& error) {
  throw std::runtime_error(run_.native() + ": cannot keep a copy: " + error.what());
}

}  // namespace shoal::modules
