#include "releases/staging/stage.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/failure.hpp"
#include "base/files.hpp"
#include "releases/apps/bounds.hpp"
#include "releases/apps/copying.hpp"
#include "releases/apps/digest.hpp"
#include "releases/linking/load_error.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using base::Descriptor;

constexpr const char* kRunFolder = "check that the user running shoal may write to the run folder";

// Composed of the run folder and the names of group and module, which have bounds of their own.
constexpr const char* kShorter =
    "give the run folder a shorter path, or the module a shorter name: a path may have 4095 bytes, "
    "a name in it 255 on most file systems";

/// Throws Unavailable if the machine lacks something just now, else LoadError: a fault of the file,
/// or of the run folder.
[[noreturn]] void fail(base::Failure failure) {
  if (is_passing(failure.error)) {
    failure.remedy = "out of file descriptors or disk space; will retry";
    base::fail<Unavailable>(failure);
  }
  if (failure.error == ENAMETOOLONG) failure.remedy = kShorter;
  base::fail<LoadError>(failure);
}

/// Opens the file of a module. A file that is gone was removed since it was scanned.
Descriptor open_source(const File& file, struct stat& status) try {
  return open_module_file(file.path, status);
} catch (const FileError& error) {
  if (error.error() == ENOENT || error.error() == ENOTDIR) throw FilesChanged(file.path.native());
  fail(error.reason());
}

/// Copies the open file `from` into a new file. `done` is the deed, for the message.
Descriptor copy_into(const fs::path& target, const Descriptor& from, const File& file,
                     const char* done) {
  Descriptor to(::open(target.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!to || !copy_contents(from.get(), to.get())) {
    // Without the number of the stage: each try has another, and the log tells the same only once.
    fail({.thing = file.path.native(),
          .fact = std::string("cannot be ") + done + " below " +
                  target.parent_path().parent_path().native(),
          .error = errno,
          .remedy = kRunFolder});
  }
  return to;
}

/// `draft`: where the copy is copied to, so that both have the same bytes; may be empty.
void copy(const std::string& module, const File& file, const fs::path& target,
          const fs::path& draft = {}) try {
  struct stat before {};
  const Descriptor from = open_source(file, before);
  if (identity_of(before) != file.identity) throw FilesChanged(file.path.native());
  const Descriptor copied = copy_into(target, from, file, "staged");
  if (!draft.empty()) copy_into(draft, copied, file, "kept");
  struct stat after;
  if (::fstat(from.get(), &after) != 0 || identity_of(after) != file.identity) {
    throw FilesChanged(file.path.native());
  }
} catch (const LoadError& error) {
  throw LoadError(error.what(), module);
}

/// Makes a folder, and the one above it if that was removed. Throws Unavailable or LoadError.
void make_stage_folder(const fs::path& folder) {
  constexpr mode_t kPrivate = 0700;
  if (::mkdir(folder.c_str(), kPrivate) == 0) return;
  if (errno == ENOENT && ::mkdir(folder.parent_path().c_str(), kPrivate) == 0 &&
      ::mkdir(folder.c_str(), kPrivate) == 0) {
    return;
  }
  fail({.thing = folder.parent_path().native(),
        .fact = "cannot make a folder in it",
        .error = errno,
        .remedy = kRunFolder});
}

/// Where the `.12` begins that `text` ends in; npos if it does not.
std::size_t dot_before_number(std::string_view text) {
  const auto dot = text.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == text.size()) return std::string_view::npos;
  const auto other = text.find_first_not_of("0123456789", dot + 1);
  return other == std::string_view::npos ? dot : std::string_view::npos;
}

}  // namespace

std::string label_of_stage(const fs::path& file) {
  const std::string folder = file.parent_path().filename();
  const std::string generation = folder.substr(0, dot_before_number(folder));
  const auto dot = dot_before_number(generation);
  if (generation == folder || dot == 0 || dot == std::string::npos) return {};
  return generation.substr(0, dot) + "/" + generation.substr(dot + 1);
}

Stage::Stage(fs::path folder, const std::string& group, const Files& files, const fs::path& draft)
    : folder_(std::move(folder)) {
  if (const auto fault = fault_of_members(group, files.size())) base::fail<LoadError>(*fault);
  make_stage_folder(folder_);
  try {
    if (!draft.empty()) make_stage_folder(draft);
    for (const auto& [module, source] : files) {
      const fs::path copy_of_copy = draft.empty() ? draft : draft / file(module).filename();
      copy(module, source, file(module), copy_of_copy);
    }
  } catch (...) {
    std::error_code none;
    fs::remove_all(folder_, none);
    if (!draft.empty()) fs::remove_all(draft, none);
    throw;
  }
}

Stage::Stage(Stages& stages, const std::string& group, unsigned long number, const Files& files)
    : Stage(stages.name(group, number, stages.next_count()), group, files, {}) {}

Stage::Stage(fs::path folder) : folder_(std::move(folder)), borrowed_(true) {}

Stage::~Stage() {
  std::error_code none;
  if (!borrowed_) fs::remove_all(folder_, none);
}

fs::path Stage::file(const std::string& module) const { return folder_ / (module + ".so"); }

/// Throws what the error of a call on a file of the stage stands for.
void Stage::fail_on_file(const char* fact) const {
  fail({.thing = folder_.parent_path().native(),
        .fact = std::string("a file of a stage ") + fact,
        .error = errno,
        .remedy = kRunFolder});
}

FileBytes Stage::read(const std::string& module) const {
  const Descriptor from(::open(file(module).c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  if (!from || ::fstat(from.get(), &status) != 0) fail_on_file("cannot be read");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return {nullptr, 0};
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, from.get(), 0);
  if (address == MAP_FAILED) fail_on_file("cannot be mapped");
  return {address, size};
}

std::string Stage::sha256(const std::string& module) const {
  const Descriptor from(::open(file(module).c_str(), O_RDONLY | O_CLOEXEC));
  const auto digest = from ? sha256_of(from.get()) : std::nullopt;
  if (!digest) fail_on_file("cannot be read");
  return *digest;
}

void Stage::patch(const std::string& module, const std::vector<elf::Patch>& patches) const {
  if (patches.empty()) return;
  const fs::path path = file(module);
  const Descriptor to(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  for (const auto& [offset, bytes] : patches) {
    const ssize_t written =
        to ? ::pwrite(to.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)) : -1;
    if (written != std::ssize(bytes)) fail_on_file("cannot be written");
  }
}

fs::path Stage::write(const std::string& name, std::string_view bytes) const {
  fs::path path = folder_ / name;
  const Descriptor to(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!to || !base::write_whole(to.get(), bytes)) fail_on_file("cannot be written");
  return path;
}

}  // namespace shoal::releases
