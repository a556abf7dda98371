#include "releases/history/old_run.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>
#include <tuple>

#include "base/descriptor.hpp"
#include "base/files.hpp"
#include "elf/facts.hpp"
#include "releases/apps/digest.hpp"
#include "releases/apps/file_bytes.hpp"

namespace shoal::releases {
namespace {

using base::Descriptor;
using nlohmann::json;
using SystemClock = std::chrono::system_clock;

constexpr const char* kOldManifest = "manifest";
constexpr std::size_t kFingerprintBytes = 16;

void add_sized(Digest& digest, std::string_view text) {
  const std::uint64_t size = text.size();
  std::array<char, sizeof size> head;
  for (std::size_t i = 0; i < head.size(); ++i) head[i] = static_cast<char>(size >> 8 * i);
  digest.add({head.data(), head.size()});
  digest.add(text);
}

OldFiles files_of_entry(const json& entry) {
  OldFiles files;
  files.number = entry.at("number");
  files.earlier = entry.at("earlier");
  files.fingerprint = entry.at("files");
  if (files.fingerprint.find('/') != std::string::npos || files.fingerprint.starts_with('.')) {
    throw std::runtime_error("not a fingerprint: " + files.fingerprint);
  }
  return files;
}

}  // namespace

OldPage old_page_of(const std::string& text) {
  const json all = json::parse(text);
  if (all.at("shoal_ledger") != 1) throw std::runtime_error("another version wrote it");
  OldPage page;
  page.last = all.at("last");
  for (const auto& entry : all.at("made")) {
    page.last = std::max(page.last, entry.at("number").get<unsigned long>());
  }
  for (const auto& entry : all.at("good")) page.files.push_back(files_of_entry(entry));
  for (const auto& entry : all.at("withdrawn")) {
    OldFiles files = files_of_entry(entry);
    files.withdrawn = true;
    files.crashes = entry.at("crashes");
    files.since = SystemClock::from_time_t(entry.at("since"));
    page.files.push_back(std::move(files));
  }
  for (const auto& it : page.files) page.last = std::max(page.last, it.number);
  std::ranges::stable_sort(page.files, {},
                           [](const OldFiles& it) { return std::tuple(!it.earlier, it.number); });
  return page;
}

std::string old_fingerprint_of(const Files& files) {
  Digest digest;
  for (const auto& [module, file] : files) {
    const Identity& it = file.identity;
    add_sized(digest, module);
    add_sized(digest, file.path.native());
    add_sized(digest, std::to_string(it.device) + " " + std::to_string(it.inode) + " " +
                          std::to_string(it.size) + " " + std::to_string(it.modified_ns) + " " +
                          std::to_string(it.changed_ns));
  }
  return digest.hex(kFingerprintBytes);
}

std::string build_id_in(int file) try {
  struct stat status {};
  if (::fstat(file, &status) != 0 || status.st_size == 0) return {};
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (address == MAP_FAILED) return {};
  return elf::read(FileBytes(address, size).bytes()).build_id;
} catch (const std::exception&) {
  return {};
}

OldKept old_kept_in(const base::PrivateFolder& folder) {
  const Descriptor manifest = folder.file(kOldManifest, O_RDONLY);
  struct stat status {};
  if (!manifest || ::fstat(manifest.get(), &status) != 0) {
    throw std::runtime_error("its manifest cannot be read");
  }
  OldKept kept;
  kept.at = SystemClock::from_time_t(status.st_mtime);
  const json entries = json::from_cbor(base::read_whole(manifest.get()).value_or(""));
  for (const auto& [module, entry] : entries.items()) {
    const std::string name = module + ".so";
    if (module.find('/') != std::string::npos) throw std::runtime_error("not a module: " + module);
    const Descriptor copy = folder.file(name, O_RDONLY);
    if (!copy || ::fstat(copy.get(), &status) != 0) throw std::runtime_error(name + " is missing");
    const auto sha256 = sha256_of(copy.get());
    if (sha256 != entry.at(6).get<std::string>()) {
      throw std::runtime_error(name + " differs from what was copied");
    }
    kept.files.push_back({.module = module,
                          .path = entry.at(0).get<std::string>(),
                          .sha256 = *sha256,
                          .build_id = build_id_in(copy.get()),
                          .size = static_cast<std::uint64_t>(status.st_size)});
  }
  return kept;
}

}  // namespace shoal::releases
