#include "crash/keep_files.hpp"

#include <sys/stat.h>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include "base/descriptor.hpp"
#include "base/files.hpp"

namespace shoal::crash {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFiles = ".files";

/// Returns the stage of the generation at fault; empty if the report names no stage. Checks the
/// path: a process that crashes may have written anything.
fs::path stage_of(const Report& report, const fs::path& stages) {
  std::error_code ignored;
  const fs::path code = fs::path(report.code).lexically_normal();
  const fs::path stage = code.parent_path();
  const bool below =
      code.native() == report.code && stage.parent_path() == fs::absolute(stages, ignored);
  const bool is_folder = fs::is_directory(fs::symlink_status(stage, ignored));
  return below && is_folder ? stage : fs::path();
}

/// Links the files of the stage into a new folder, or copies them where a link is not possible. The
/// stage stays: other workers have it mapped, and new ones will open it.
void keep(const fs::path& stage, const fs::path& kept, std::error_code& error) {
  if (::mkdir(kept.c_str(), 0700) != 0) error.assign(errno, std::generic_category());
  std::error_code none;
  for (fs::directory_iterator each(stage, error), end; !error && each != end;
       each.increment(error)) {
    if (!fs::is_regular_file(each->symlink_status(none))) continue;
    const fs::path file = kept / each->path().filename();
    fs::create_hard_link(each->path(), file, none);
    if (none) fs::copy_file(each->path(), file, error);
    if (error) return;
  }
}

std::uintmax_t size_of(const fs::path& folder) {
  std::uintmax_t size = 0;
  std::error_code error, ignored;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->is_regular_file(ignored)) size += entry->file_size(ignored);
  }
  return size;
}

void prune(const fs::path& folder, std::uintmax_t most) {
  std::vector<fs::path> kept;
  std::error_code error, ignored;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == kFiles) kept.push_back(entry->path());
  }
  std::ranges::sort(
      kept, std::ranges::greater{});  // by name, which begins with the time: the newest first
  std::uintmax_t sum = 0;
  for (const auto& files : kept) {
    const bool has_report = fs::exists(fs::path(files).replace_extension(".txt"), ignored);
    if (has_report) sum += size_of(files);
    if (!has_report || sum > most) fs::remove_all(files, ignored);
  }
}

void append(const fs::path& file, std::string_view text) {
  const base::Descriptor to(::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (to) base::write_whole(to.get(), text);
}

}  // namespace

void keep_files(const Report& report, const fs::path& folder, const fs::path& stages,
                std::uintmax_t most) {
  if (report.kept.empty()) return;
  std::error_code error;
  const fs::path kept =
      fs::absolute(fs::path(report.kept).replace_extension(kFiles), error).lexically_normal();
  const fs::path stage = stage_of(report, stages);
  if (!stage.empty()) keep(stage, kept, error);
  prune(folder, most);
  if (stage.empty() || error || !fs::exists(kept, error)) return;
  fs::path program = fs::read_symlink("/proc/self/exe", error);
  append(report.kept, "to open a core dump of this process, replace CORE with its path:\n" +
                          ("  gdb -iex 'set solib-search-path " + kept.native() + "' " +
                           program.native() + " CORE\n"));
}

}  // namespace shoal::crash
