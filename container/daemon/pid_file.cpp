#include "daemon/pid_file.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "base/file_lock.hpp"
#include "base/private_folder.hpp"

namespace shoal::daemon {
namespace {

constexpr const char* kPidFile = "shoal.pid";
constexpr std::chrono::seconds kSayAfter{1};
constexpr const char* kRemedyForRun =
    "create it for the container's user, or name another under \"run\"";

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why,
                         const std::string& remedy) {
  throw std::runtime_error("run: " + path.native() + ": " + why + "; " + remedy);
}

[[noreturn]] void cannot_write(const std::filesystem::path& path, const std::string& remedy) {
  refuse(path, std::string("cannot be written (") + std::strerror(errno) + ")", remedy);
}

std::string holder(int file) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(file, text.data(), text.size() - 1, 0);
  const std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return pid.substr(0, pid.find('\n'));
}

/// Whether the process runs: one that has ended, and that its parent has not noticed yet, does not.
bool is_alive(const std::string& pid) {
  std::ifstream stat("/proc/" + pid + "/stat");
  std::string line;
  if (!std::getline(stat, line)) return false;
  const auto state = line.rfind(") ");  // behind the name, which may hold anything
  return state == std::string::npos || line.compare(state, 3, ") Z") != 0;
}

}  // namespace

PidFile::PidFile(const std::filesystem::path& run, std::chrono::milliseconds patience)
    : path_(run / kPidFile) {
  take(patience);
}

bool PidFile::is_in_place() const { return base::names(path_, file_.get()); }

void PidFile::put_back() { take(std::chrono::milliseconds(0)); }

void PidFile::take(std::chrono::milliseconds patience) try {
  base::Descriptor file;
  do {
    // Opened anew each time: the last owner may have removed it before we had the lock.
    file = base::PrivateFolder::at(path_.parent_path()).file(kPidFile, O_RDWR | O_CREAT);
    if (!file) cannot_write(path_, kRemedyForRun);
    lock(file.get(), patience);
  } while (!base::names(path_, file.get()));
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file.get(), 0) != 0 ||
      ::pwrite(file.get(), pid.data(), pid.size(), 0) != std::ssize(pid)) {
    cannot_write(path_, "free disk space");
  }
  file_ = std::move(file);
} catch (const base::FolderError& error) {
  throw std::runtime_error(std::string("run: ") + error.what());
}

void PidFile::lock(int file, std::chrono::milliseconds patience) const {
  const auto begin = std::chrono::steady_clock::now();
  const auto until = begin + patience;
  bool said = false;
  while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    const std::string id = holder(file);
    const bool lives = !id.empty() && is_alive(id);
    if (lives) {
      refuse(path_, "the container with process id " + id + " uses this run folder",
             "stop it, or name another under \"run\"");
    }
    if (std::chrono::steady_clock::now() > until) {
      refuse(path_,
             base::holder_of_lock(file) + " holds its lock" +
                 (id.empty() ? ""
                             : ", and the container with process id " + id +
                                   " was killed: maybe one of its workers has not ended"),
             "end that process");
    }
    if (std::chrono::steady_clock::now() > begin + kSayAfter && !std::exchange(said, true)) {
      spdlog::warn("{}: waits for the lock that {} holds", path_.native(),
                   base::holder_of_lock(file));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

base::Descriptor PidFile::share() const {
  return base::Descriptor(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
}

PidFile::~PidFile() {
  if (::getpid() != owner_) return;
  if (!is_in_place()) return;  // another container's by now
  std::error_code none;
  std::filesystem::remove(path_, none);
}

}  // namespace shoal::daemon
