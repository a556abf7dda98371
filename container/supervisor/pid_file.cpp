#include "supervisor/pid_file.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "base/failure.hpp"
#include "base/file_lock.hpp"
#include "base/files.hpp"
#include "base/private_folder.hpp"

namespace shoal::supervisor {
namespace {

constexpr const char* kPidFile = "shoal.pid";
constexpr std::chrono::seconds kWarnAfter{1};
constexpr const char* kRemedyForRun =
    "create it for the container's user, or name another under \"run\"";

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& fact, int error,
                         const std::string& remedy) {
  base::fail({"run: " + path.native(), fact, error, remedy});
}

/// Returns the process id that the file has; empty when it has none.
std::string owner_in(int file) {
  const std::string text = base::read_whole(file).value_or("");
  return text.substr(0, text.find('\n'));
}

/// Returns true if the process runs. A zombie does not.
bool is_alive(const std::string& pid) {
  const auto stat = base::read_whole(std::filesystem::path("/proc/" + pid + "/stat"));
  if (!stat) return false;
  const auto state = stat->rfind(") ");  // after the name, which may contain anything
  return state == std::string::npos || stat->compare(state, 3, ") Z") != 0;
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
    // Opened again each time: the last owner may have removed the file before it was locked here.
    file = base::PrivateFolder::at(path_.parent_path()).file(kPidFile, O_RDWR | O_CREAT);
    if (!file) refuse(path_, "cannot be written", errno, kRemedyForRun);
    lock(file.get(), patience);
  } while (!base::names(path_, file.get()));
  const int error = write(file.get());
  if (error == ENOSPC || error == EDQUOT) {
    spdlog::warn(
        "run: {}: cannot be written ({}); free disk space; until then it does not name this "
        "container",
        path_.native(), std::strerror(error));
  } else if (error != 0) {
    refuse(path_, "cannot be written", error, kRemedyForRun);
  }
  file_ = std::move(file);
} catch (const base::FolderError& error) {
  throw std::runtime_error(std::string("run: ") + error.what());
}

/// Returns the error; 0 if there is none.
int PidFile::write(int file) {
  const std::string pid = std::to_string(::getpid()) + "\n";
  // Cut off afterwards: on a full disk, what a killed container wrote keeps its room.
  const ssize_t size = ::pwrite(file, pid.data(), pid.size(), 0);
  if (size >= 0 && size < std::ssize(pid)) errno = ENOSPC;
  is_written_ = size == std::ssize(pid) && ::ftruncate(file, size) == 0;
  return is_written_ ? 0 : errno;
}

void PidFile::write_again() {
  if (is_written_ || write(file_.get()) != 0) return;
  spdlog::info("run: {}: written, as there is space again", path_.native());
}

void PidFile::lock(int file, std::chrono::milliseconds patience) const {
  const auto begin = std::chrono::steady_clock::now();
  const auto until = begin + patience;
  bool warned = false;
  while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    const std::string id = owner_in(file);
    const bool lives = !id.empty() && is_alive(id);
    if (lives) {
      refuse(path_, "the container with process id " + id + " uses this run folder", 0,
             "stop it, or name another under \"run\"");
    }
    if (std::chrono::steady_clock::now() > until) {
      refuse(path_,
             base::holder_of_lock(file) + " holds its lock" +
                 (id.empty() ? ""
                             : ", and the container with process id " + id +
                                   " was killed: one of its workers may not have exited"),
             0, "end that process");
    }
    if (std::chrono::steady_clock::now() > begin + kWarnAfter && !std::exchange(warned, true)) {
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
  if (!is_in_place()) return;  // it is another container's now
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace shoal::supervisor
