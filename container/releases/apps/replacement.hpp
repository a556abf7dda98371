#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "releases/apps/marker.hpp"

namespace shoal::releases {

/// A hidden name, and the file that may bear it: removed by the destructor.
class Hidden {
 public:
  explicit Hidden(std::filesystem::path path) : path_(std::move(path)) {}
  ~Hidden();
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;

  const char* c_str() const { return path_.c_str(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path path_;
};

/// One module's new file, copied beside the place where it is to go. Its modification time is one
/// that no other file has. All of it throws std::runtime_error, with the remedy. Used by one
/// thread.
class Replacement {
 public:
  using Check = std::function<void()>;  ///< asked now and then; throws to end it

  /// Copies `from`. In a folder that is there.
  Replacement(const std::filesystem::path& from, std::filesystem::path target, const Marker& marker,
              const Check& check);

  /// Puts it into its place.
  void replace();

  /// Puts back what was there. Whether it could.
  bool undo();

  const std::filesystem::path& target() const { return target_; }

  /// Returns where the copy lies. REQUIRES: it has not been put into its place.
  const std::filesystem::path& new_file() const { return new_.path(); }

 private:
  enum class Done { kNothing, kExchanged, kAdded, kKeptOld };

  bool rename_to_target(unsigned how);
  void replace_plainly();
  void copy(const std::filesystem::path& path, const Check& check);
  [[noreturn]] void fail_on_target(const char* fact, int error, const char* remedy) const;

  const std::filesystem::path target_;
  const std::int64_t time_;  // nanoseconds since the epoch
  const Hidden new_, old_;   // when exchanged, the old file bears the new one's name
  Done done_ = Done::kNothing;
};

}  // namespace shoal::releases
