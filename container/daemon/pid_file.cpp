#include "daemon/pid_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

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

/// Whether `path` still names the open file: its last owner may have removed it before we had the
/// lock.
bool names(const std::filesystem::path& path, int file) {
  struct stat named, opened;
  return ::stat(path.c_str(), &named) == 0 && ::fstat(file, &opened) == 0 &&
         named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

}  // namespace

PidFile::PidFile(const std::filesystem::path& run) : path_(run / "shoal.pid") {
  const std::string remedy = "create it for the container's user, or name another under \"run\"";
  std::error_code error;
  std::filesystem::create_directories(run, error);
  if (error) refuse(run, "cannot be made (" + error.message() + ")", remedy);
  do {
    file_ = host::Descriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  } while (file_ && ::flock(file_.get(), LOCK_EX | LOCK_NB) == 0 && !names(path_, file_.get()));
  if (!file_)
    refuse(path_, std::string("cannot be written (") + std::strerror(errno) + ")", remedy);
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    refuse(path_, "the container with process id " + holder(file_.get()) + " uses this run folder",
           "stop it, or name another under \"run\"");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file_.get(), 0) != 0 ||
      ::pwrite(file_.get(), pid.data(), pid.size(), 0) != std::ssize(pid)) {
    refuse(path_, std::string("cannot be written (") + std::strerror(errno) + ")", "make room");
  }
}

PidFile::~PidFile() {
  std::error_code none;
  std::filesystem::remove(path_, none);
}

}  // namespace shoal::daemon
