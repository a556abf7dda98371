#include "modules/ledger_file.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/file_lock.hpp"
#include "base/printable.hpp"
#include "modules/load_error.hpp"

namespace shoal::modules {

namespace fs = std::filesystem;
using base::Descriptor;
using base::FolderError;
using base::PrivateFolder;

namespace {

constexpr const char* kLock = "lock";

[[noreturn]] void fail(const fs::path& path, const char* what) {
  throw Unavailable(path.native() + ": " + what + " (" + std::strerror(errno) +
                    "); see that there are descriptors and room, and that the container's user may "
                    "write there; it is tried again");
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
  std::string text;
  std::array<char, 4096> part;
  for (;;) {
    const ssize_t size = ::read(file.get(), part.data(), part.size());
    if (size < 0) fail(path, "cannot be read");
    if (size == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(size));
  }
}

void write_page(const PrivateFolder& folder, const std::string& page, const std::string& text,
                bool for_good) {
  const fs::path path = folder.path() / page;
  const fs::path beside = path.native() + ".new";
  {
    // What a killed process has left of it, or another user put there, must not be written into.
    ::unlink(beside.c_str());
    const Descriptor file = folder.file(beside.filename(), O_WRONLY | O_CREAT | O_EXCL);
    if (!file || ::write(file.get(), text.data(), text.size()) != std::ssize(text) ||
        (for_good && ::fsync(file.get()) != 0)) {
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
      "{}: is no page of the ledger ({}); it is set aside as {}, and with it what was in "
      "quarantine",
      path.native(), base::printable(why), aside.filename().native());
}

}  // namespace shoal::modules
