#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "generations/generation.hpp"

namespace shoal::generations {

/// Ends generations that no request holds any more, and looks after those whose code stays mapped
/// nevertheless: they linger. All of it is for the thread that opens and closes, but for
/// lingering().
class Retirement {
 public:
  using Gone = std::function<void(const std::string& group, unsigned long number)>;

  /// `gone` is called when a generation is unmapped, by the functions below.
  Retirement(OnStep on_step, Gone gone);

  /// Destroys the handlers of the generation and closes its libraries, unless a thread still runs
  /// in them.
  void retire(std::unique_ptr<Generation> generation);

  /// Looks whether what lingers is unmapped by now. To be called every second or so.
  void look_again();

  /// Returns true if anything lingers.
  bool any() const { return !lingering_.empty(); }

  /// At the end of the process: what threads still run in stays mapped.
  void abandon();

  /// Returns what lingers: by group and number, what keeps it. Safe to call from any thread.
  std::map<std::string, std::map<unsigned long, std::string>> lingering() const;

 private:
  struct Lingering {
    std::string group;
    unsigned long number = 0;
    std::string label;
    std::filesystem::path folder;
    std::vector<std::string> thread_locals;
    std::string holder;                      ///< as it was told last
    std::unique_ptr<Generation> generation;  ///< threads run in it, so it is not closed yet
  };

  static bool is_gone(Lingering& lingering);
  void note_holder(const Lingering& lingering);
  void forget(const Lingering& lingering);

  const OnStep on_step_;
  const Gone gone_;
  std::vector<Lingering> lingering_;
  mutable base::Mutex mutex_;
  std::map<std::string, std::map<unsigned long, std::string>> holders_ SHOAL_GUARDED_BY(mutex_);
};

}  // namespace shoal::generations
