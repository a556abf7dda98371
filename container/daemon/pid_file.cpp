#include "daemon/pid_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace shoal::daemon {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why,
                         const std::string& remedy) {
  throw std::runtime_error("run: " + path.native() + ": " + why + "; " + remedy);
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

/// Whether `path` still names the open file: its last owner may have removed it before we had the
/// lock.
bool names(const std::filesystem::path& path, int file) {
  struct stat named, opened;
  return ::stat(path.c_str(), &named) == 0 && ::fstat(file, &opened) == 0 &&
         named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

}  // namespace

PidFile::PidFile(const std::filesystem::path& run, std::chrono::milliseconds patience)
    : path_(run / "shoal.pid") {
  const std::string remedy = "create it for the container's user, or name another under \"run\"";
  std::error_code error;
  std::filesystem::create_directories(run, error);
  if (error) refuse(run, "cannot be made (" + error.message() + ")", remedy);
  do {
    file_ = host::Descriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!file_)
      refuse(path_, std::string("cannot be written (") + std::strerror(errno) + ")", remedy);
    lock(patience);
  } while (!names(path_, file_.get()));
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file_.get(), 0) != 0 ||
      ::pwrite(file_.get(), pid.data(), pid.size(), 0) != std::ssize(pid)) {
    refuse(path_, std::string("cannot be written (") + std::strerror(errno) + ")", "make room");
  }
}

void PidFile::lock(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    const std::string id = holder(file_.get());
    const bool lives = id.empty() || is_alive(id);
    if (lives || std::chrono::steady_clock::now() > until) {
      refuse(path_, "the container with process id " + id + " uses this run folder",
             lives ? "stop it, or name another under \"run\""
                   : "it was killed and its workers have not ended; end them");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

host::Descriptor PidFile::share() const {
  return host::Descriptor(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
}

PidFile::~PidFile() {
  if (::getpid() != owner_) return;
  std::error_code none;
  std::filesystem::remove(path_, none);
}

}  // namespace shoal::daemon
