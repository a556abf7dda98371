#include "modules/new_line.hpp"
#include "modules/ledger_file.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>

#include "base/failure.hpp"
#include "base/file_lock.hpp"
#include "base/files.hpp"
#include "base/printable.hpp"
#include "releases/linking/load_error.hpp"

namespace shoal::modules {

namespace fs = std::filesystem;
using base::Descriptor;
using base::FolderError;
using base::PrivateFolder;

namespace {

constexpr const char* kLock = "lock";

[[noreturn]] void fail(const fs::path& path, const char* what) {
  base::fail<Unavailable>({.thing = path.native(),
                           .fact = what,
                           .error = errno,
                           .remedy =
                               "free file descriptors and disk space, and check that the user "
                               "running shoal may write there; will retry"});
}

}  // namespace

PrivateFolder open_ledger(const fs::path& run) try {
  return PrivateFolder::at(run).folder(kLedger);
} catch (const FolderError& error) {
  throw Unavailable(error.what());
}

Descriptor lock_ledger(const PrivateFolder& folder) {
  const fs::path path = folder.path() / kLock;
  Descriptor lock = folder.file(kLock, O_RDWR | O_CREAT);
  if (!lock) fail(path, "cannot be opened");
  const auto refused = base::lock_file(
      lock.get(), base::kLongestLock,
      [&path](const std::string& what) { spdlog::warn("{}: {}", path.native(), what); });
  if (refused) throw Unavailable(path.native() + ": " + *refused);
  return lock;
}

std::optional<std::string> contents_of(const PrivateFolder& folder, const std::string& page) {
  const fs::path path = folder.path() / page;
  const Descriptor file = folder.file(page, O_RDONLY);
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) fail(path, "cannot be read");
  auto text = base::read_whole(file.get());
  if (!text) fail(path, "cannot be read");
  return text;
}

void write_page(const PrivateFolder& folder, const std::string& page, const std::string& text,
                bool for_good) {
  const fs::path path = folder.path() / page;
  const fs::path beside = path.native() + ".new";
  {
    // What a killed process has left of it, or another user put there, must not be written into.
    ::unlink(beside.c_str());
    const Descriptor file = folder.file(beside.filename(), O_WRONLY | O_CREAT | O_EXCL);
    if (!file || !base::write_whole(file.get(), text) || (for_good && ::fsync(file.get()) != 0)) {
      fail(beside, "cannot be written");
    }
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) fail(path, "cannot be replaced");
  if (!for_good) return;
  const Descriptor synced(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (synced) ::fsync(synced.get());
}

void set_aside(const fs::path& path, const std::string& why) {
  const fs::path aside = path.native() + ".broken";
  std::error_code none;
  fs::remove_all(aside, none);
  fs::rename(path, aside, none);
  spdlog::warn(
      "{}: not a page of the ledger ({}); renamed to {}: the quarantine of this group, if there "
      "was one, is forgotten",
      path.native(), base::printable(why), aside.filename().native());
}

}  // namespace shoal::modules
