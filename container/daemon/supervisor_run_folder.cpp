// The run folder, or a part of it, may be removed while it is in use: by hand, or by a tool that
// tidies up.
#include <spdlog/spdlog.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "base/private_folder.hpp"
#include "daemon/supervisor.hpp"

namespace shoal::daemon {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kLookAtRunFolder{1};

// What a worker that dies, or a drop, needs; workers make what they alone use by themselves.
constexpr std::array kFolders{"stages", "ledger", "crashes"};

std::string missing_in(const fs::path& run, bool has_pid_file, bool has_socket) {
  std::error_code none;
  if (!fs::exists(run, none)) return run.native();
  std::string missing;
  const auto add = [&missing](const char* name) {
    missing.append(missing.empty() ? "" : ", ").append(name);
  };
  if (!has_pid_file) add("shoal.pid");
  if (!has_socket) add("control.sock");
  for (const char* folder : kFolders) {
    if (!fs::is_directory(fs::symlink_status(run / folder, none))) add(folder);
  }
  return missing;
}

}  // namespace

/// Makes what all processes need below `run`, and returns `run`. Throws std::runtime_error, with
/// the remedy, when a folder is refused.
const fs::path& Supervisor::make_folders(const fs::path& run) try {
  const auto opened = base::PrivateFolder::at(run);
  for (const char* folder : kFolders) opened.folder(folder);
  return run;
} catch (const base::FolderError& error) {
  throw std::runtime_error(std::string("run: ") + error.what());
}

void Supervisor::look_after_run_folder() {
  if (Clock::now() < run_folder_due_) return;
  run_folder_due_ = Clock::now() + kLookAtRunFolder;
  const fs::path& run = epoch_.settings->run;
  const std::string missing = missing_in(run, pid_file_.is_in_place(), control_.is_in_place());
  if (!missing.empty()) {
    try {
      put_back_run_folder();
      spdlog::warn("run: {}: removed while it was in use: {}; made again", run.native(), missing);
      run_folder_problem_.clear();
    } catch (const std::exception& error) {
      const std::string problem = error.what();
      if (std::exchange(run_folder_problem_, problem) == problem) return;
      spdlog::error(
          "run: {}: removed while it was in use: {}; cannot be made again: {}; until it is there, "
          "what is loaded serves, but no drop is loaded and no worker is replaced",
          run.native(), missing, problem);
    }
  }
  look_after_state();
}

/// Throws std::runtime_error.
void Supervisor::put_back_run_folder() {
  if (!pid_file_.is_in_place()) pid_file_.put_back();
  make_folders(epoch_.settings->run);
  if (!control_.is_in_place()) control_.put_back();
}

/// The workers that have it open go on with the removed file, others would begin a new one.
void Supervisor::look_after_state() {
  const fs::path file = epoch_.settings->state.path / "data.mdb";
  const auto now = fastcgi::Inode::of(file);
  if (state_ && now != state_) {
    spdlog::error(
        "state: {}: removed or replaced while it was in use; restart the container, or its "
        "processes do not share what modules remember",
        file.native());
  }
  state_ = now;
}

}  // namespace shoal::daemon
