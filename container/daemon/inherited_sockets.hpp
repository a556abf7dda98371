#pragma once

#include <vector>

#include "base/descriptor.hpp"

namespace shoal::daemon {

/// The listening sockets that the program that started this one left open for it: those of systemd,
/// or descriptor 0 of spawn-fcgi. They stay open for as long as the service runs, also while no
/// configuration uses them: the next one may. Only the supervisor has them: the workers, and the
/// programs that modules start, do not inherit them.
class InheritedSockets {
 public:
  /// Takes all that there are. REQUIRES: this process has not opened a listening socket yet, and
  /// runs one thread.
  InheritedSockets();

  /// Closes them. Descriptors 0 to 2 become /dev/null.
  ~InheritedSockets();
  InheritedSockets(const InheritedSockets&) = delete;
  InheritedSockets& operator=(const InheritedSockets&) = delete;

  /// Returns the descriptors that systemd handed in: `listen: systemd`. Throws std::runtime_error,
  /// with the remedy, when there are none.
  std::vector<int> of_systemd() const;

  /// Returns true if this descriptor is one of them: `listen: fd:0`.
  bool contains(int descriptor) const;

  /// Closes them before the end: connections that come from now on must not wait here.
  void close();

 private:
  int of_systemd_ = 0;  // how many, from SD_LISTEN_FDS_START on
  std::vector<base::Descriptor> sockets_;
};

}  // namespace shoal::daemon
