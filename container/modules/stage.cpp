#include "modules/stage.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>

#include "base/file_lock.hpp"
#include "base/private_folder.hpp"
#include "modules/bounds.hpp"
#include "modules/copying.hpp"
#include "modules/load_error.hpp"

namespace shoal::modules {
namespace {

namespace fs = std::filesystem;
using base::Descriptor;

constexpr const char* kStages = "stages";
constexpr const char* kRunFolder = "see that the run folder allows writing";

// Composed of the run folder and the names of group and module, which have bounds of their own.
constexpr const char* kShorter =
    "give the run folder a shorter path, or the module a shorter name: a path may have 4095 bytes, "
    "a name in it 255 on most file systems";

bool passes_by_itself(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOSPC ||
         error == EDQUOT || error == EIO;
}

/// Throws what the error stands for: a fault of the file, or of the machine just now.
[[noreturn]] void fail(const std::string& what, int error, const std::string& remedy) {
  const std::string text = what + " (" + std::strerror(error) + "); ";
  if (passes_by_itself(error)) {
    throw Unavailable(text + "see that there are descriptors and room; it is tried again");
  }
  throw LoadError(text + (error == ENAMETOOLONG ? kShorter : remedy));
}

/// Empty when another process holds the lock, or there is no such folder.
Descriptor lock_folder(const fs::path& folder) {
  Descriptor lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return {};
  return lock;
}

/// One container at a time begins here: else one could take the other's new folder, not locked yet,
/// for what a dead one left.
Descriptor wait_for_turn(const fs::path& stages) {
  Descriptor turn(::open(stages.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!turn) return turn;
  const auto refused = base::lock_file(
      turn.get(), base::kLongestLock,
      [&stages](const std::string& what) { spdlog::warn("{}: {}", stages.native(), what); });
  if (refused) throw std::runtime_error("run: " + stages.native() + ": " + *refused);
  return turn;
}

/// The kernel lets go of a lock when its holder dies, however it dies. Links are not followed.
void remove_what_the_dead_left(const fs::path& stages) {
  for (const auto& entry : fs::directory_iterator(stages)) {
    std::error_code none;
    const bool is_folder = fs::is_directory(entry.symlink_status(none));
    const Descriptor lock = lock_folder(entry.path());
    if (lock || !is_folder) fs::remove_all(entry.path(), none);
  }
}

[[noreturn]] void refuse_kind(const File& file, const char* what) {
  throw LoadError(file.path.native() + ": " + what +
                  "; remove it if the module is to go, or drop a shared object in its place");
}

void copy(const std::string& module, const File& file, const fs::path& target) try {
  // Not to hang on a FIFO that took the file's place.
  const Descriptor from(::open(file.path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!from) {
    const int error = errno;
    if (error != ENOENT && error != ENOTDIR) {
      fail(file.path.native() + ": cannot be read", error, "allow the container's user to read it");
    }
    std::error_code none;
    if (fs::is_symlink(fs::symlink_status(file.path, none))) refuse_kind(file, "a link to nothing");
    throw FilesChanged(file.path.native());
  }
  struct stat before {};
  const bool known = ::fstat(from.get(), &before) == 0;
  if (known && !S_ISREG(before.st_mode)) refuse_kind(file, "no regular file");
  if (!known || identity_of(before) != file.identity) throw FilesChanged(file.path.native());
  if (const auto fault = fault_of_size(before.st_size); !fault.empty()) {
    throw LoadError(file.path.native() + ": " + fault);
  }
  const Descriptor to(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!to || !copy_contents(from.get(), to.get())) {
    // Without the number of the stage: each try has another, and the log tells the same only once.
    fail(file.path.native() + ": cannot be staged below " +
             target.parent_path().parent_path().native(),
         errno, kRunFolder);
  }
  struct stat after;
  if (::fstat(from.get(), &after) != 0 || identity_of(after) != file.identity) {
    throw FilesChanged(file.path.native());
  }
} catch (const LoadError& error) {
  throw LoadError(error.what(), module);
}

/// Where the `.12` begins that `text` ends in; npos if it does not.
std::size_t dot_before_number(std::string_view text) {
  const auto dot = text.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == text.size()) return std::string_view::npos;
  const auto other = text.find_first_not_of("0123456789", dot + 1);
  return other == std::string_view::npos ? dot : std::string_view::npos;
}

}  // namespace

Stages::Stages(const fs::path& run) : run_(run) {
  const Descriptor turn = take_folder();
  struct statvfs status;
  if (::statvfs(folder_.c_str(), &status) == 0 && (status.f_flag & ST_NOEXEC) != 0) {
    std::error_code none;
    fs::remove(folder_, none);
    throw std::runtime_error("run: " + run.native() +
                             ": mounted noexec, so no module can be loaded from it; name a folder "
                             "that allows exec under \"run\", e.g. /var/lib/shoal");
  }
  remove_what_the_dead_left(run_ / kStages);
}

/// Makes our own folder and locks it. Returns the lock on all of the stages.
Descriptor Stages::take_folder() {
  const fs::path stages = run_ / kStages;
  const auto fail_here = [&stages](int error) {
    throw std::runtime_error(
        "run: " + stages.native() + ": cannot be written (" + std::strerror(error) +
        "); create it for the container's user, or name another under \"run\"");
  };
  try {
    base::PrivateFolder::at(run_).folder(kStages);
  } catch (const base::FolderError& error) {
    if (error.error() != 0) fail_here(error.error());
    throw std::runtime_error(std::string("run: ") + error.what());
  }
  Descriptor turn = wait_for_turn(stages);
  std::string own = (stages / "XXXXXX").native();
  if (::mkdtemp(own.data()) == nullptr) fail_here(errno);
  folder_ = own;
  lock_ = Descriptor(::open(own.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock_) ::flock(lock_.get(), LOCK_EX | LOCK_NB);  // no other process can have it
  return turn;
}

Stages::~Stages() {
  std::error_code none;
  fs::remove_all(folder_, none);
}

fs::path Stages::make(const std::string& group, unsigned long number) {
  try {
    if (!base::names(folder_, lock_.get())) take_folder();
  } catch (const std::runtime_error& error) {
    throw Unavailable(error.what());
  }
  fs::path folder =
      folder_ / (group + "." + std::to_string(number) + "." + std::to_string(++count_));
  if (::mkdir(folder.c_str(), 0700) != 0) {
    fail(folder_.native() + ": no stage can be made", errno, "see that it allows writing");
  }
  return folder;
}

std::string label_of_stage(const fs::path& file) {
  const std::string folder = file.parent_path().filename();
  const std::string generation = folder.substr(0, dot_before_number(folder));
  const auto dot = dot_before_number(generation);
  if (generation == folder || dot == 0 || dot == std::string::npos) return {};
  return generation.substr(0, dot) + "/" + generation.substr(dot + 1);
}

Stage::Stage(Stages& stages, const std::string& group, unsigned long number, const Files& files)
    : folder_(stages.make(group, number)) {
  try {
    if (const auto fault = fault_of_members(group, files.size()); !fault.empty()) {
      throw LoadError(fault);
    }
    for (const auto& [module, source] : files) copy(module, source, file(module));
  } catch (...) {
    std::error_code none;
    fs::remove_all(folder_, none);
    throw;
  }
}

Stage::Stage(fs::path folder) : folder_(std::move(folder)), borrowed_(true) {}

Stage::~Stage() {
  std::error_code none;
  if (!borrowed_) fs::remove_all(folder_, none);
}

fs::path Stage::file(const std::string& module) const { return folder_ / (module + ".so"); }

Stage::Contents::~Contents() {
  if (size_ != 0) ::munmap(address_, size_);
}

Stage::Contents Stage::read(const std::string& module) const {
  const fs::path path = file(module);
  const Descriptor from(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  if (!from || ::fstat(from.get(), &status) != 0) {
    fail(folder_.parent_path().native() + ": a file of a stage cannot be read", errno, kRunFolder);
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return {nullptr, 0};
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, from.get(), 0);
  if (address == MAP_FAILED)
    fail(folder_.parent_path().native() + ": a file of a stage cannot be mapped", errno,
         kRunFolder);
  return {address, size};
}

void Stage::patch(const std::string& module, const std::vector<elf::Patch>& patches) const {
  if (patches.empty()) return;
  const fs::path path = file(module);
  const Descriptor to(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  for (const auto& [offset, bytes] : patches) {
    const ssize_t written =
        to ? ::pwrite(to.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)) : -1;
    if (written != std::ssize(bytes))
      fail(folder_.parent_path().native() + ": a file of a stage cannot be written", errno,
           kRunFolder);
  }
}

fs::path Stage::write(const std::string& name, std::string_view bytes) const {
  fs::path path = folder_ / name;
  const Descriptor to(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!to || ::write(to.get(), bytes.data(), bytes.size()) != std::ssize(bytes)) {
    fail(folder_.parent_path().native() + ": a file of a stage cannot be written", errno,
         kRunFolder);
  }
  return path;
}

}  // namespace shoal::modules
