#pragma once

#include <atomic>

namespace shoal::releases {

/// What the kernel is to answer, where a test cannot have it so: the limits of inotify belong to
/// the machine, and no test may mount a file system.
struct Kernel {
  std::atomic<bool> grants_inotify{true};    ///< else as at max_user_instances
  std::atomic<int> watches_left{1'000'000};  ///< then as at max_user_watches
  std::atomic<long> file_system{0};          ///< the type of every file system; 0: the true one
  std::atomic<bool> exchanges{true};         ///< else the file system knows the plain rename only
  std::atomic<int> failing_rename{0};        ///< the how manieth from now fails; 0: none
};

inline Kernel kernel;

/// The kernel as it is, again, at the end of a test.
struct KernelAsItIs {
  KernelAsItIs() = default;
  KernelAsItIs(const KernelAsItIs&) = delete;
  KernelAsItIs& operator=(const KernelAsItIs&) = delete;
  ~KernelAsItIs() {
    kernel.grants_inotify = true;
    kernel.watches_left = 1'000'000;
    kernel.file_system = 0;
    kernel.exchanges = true;
    kernel.failing_rename = 0;
  }
};

}  // namespace shoal::releases
