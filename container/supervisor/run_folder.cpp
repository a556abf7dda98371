#include "supervisor/run_folder.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "base/private_folder.hpp"

namespace shoal::supervisor {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kCheckInterval{1};

// What a dying worker and a drop need. Deployers make the other folders themselves.
constexpr std::array kFolders{"stages", "crashes"};

/// Returns what is missing: "shoal.pid, stages". Empty when all is there.
std::string missing_in(const fs::path& run, bool has_pid_file, bool has_socket) {
  std::error_code ignored;
  if (!fs::exists(run, ignored)) return run.native();
  std::string missing;
  const auto add = [&missing](const char* name) {
    missing.append(missing.empty() ? "" : ", ").append(name);
  };
  if (!has_pid_file) add("shoal.pid");
  if (!has_socket) add("control.sock");
  for (const char* folder : kFolders) {
    if (!fs::is_directory(fs::symlink_status(run / folder, ignored))) add(folder);
  }
  return missing;
}

void make_folders(const fs::path& run) try {
  const auto opened = base::PrivateFolder::at(run);
  for (const char* folder : kFolders) opened.folder(folder);
} catch (const base::FolderError& error) {
  throw std::runtime_error(std::string("run: ") + error.what());
}

}  // namespace

RunFolder::RunFolder(const fs::path& run, std::chrono::milliseconds patience)
    : path_(run), pid_file_(run, patience) {
  make_folders(path_);
}

void RunFolder::check(control::ControlSocket& control, const fs::path& state) {
  if (steady_clock::now() < next_check_) return;
  next_check_ = steady_clock::now() + kCheckInterval;
  const std::string missing = missing_in(path_, pid_file_.is_in_place(), control.is_in_place());
  if (!missing.empty()) {
    try {
      put_back(control);
      spdlog::warn("run: {}: removed while it was in use: {}; made again", path_.native(), missing);
      problem_.clear();
    } catch (const std::exception& error) {
      const std::string problem = error.what();
      if (std::exchange(problem_, problem) == problem) return;
      spdlog::error(
          "run: {}: removed while it was in use: {}; cannot be made again: {}; until it is there, "
          "loaded "
          "modules serve, but no drop is loaded and no worker is replaced",
          path_.native(), missing, problem);
    }
  }
  pid_file_.write_again();
  check_state(state);
}

/// Throws std::runtime_error.
void RunFolder::put_back(control::ControlSocket& control) {
  if (!pid_file_.is_in_place()) pid_file_.put_back();
  make_folders(path_);
  if (!control.is_in_place()) control.put_back();
}

/// Workers that have the removed file open keep it; a new worker would make another one.
void RunFolder::check_state(const fs::path& folder) {
  const fs::path file = folder / "data.mdb";
  const auto now = base::Inode::of(file);
  if (state_ && now != state_) {
    spdlog::error(
        "state: {}: removed or replaced while it was in use; restart the container, or its "
        "processes do not share what modules remember",
        file.native());
  }
  state_ = now;
}

}  // namespace shoal::supervisor
