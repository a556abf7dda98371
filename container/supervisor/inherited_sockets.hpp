#pragma once

#include <vector>

#include "base/descriptor.hpp"

namespace shoal::supervisor {

/// The listening sockets that were open when this program started: those of systemd (socket
/// activation), or descriptor 0 of spawn-fcgi. They stay open as long as the service runs, even if
/// the current configuration does not use them, since the next one may. Workers, and programs that
/// modules start, do not inherit them. Used by one thread.
class InheritedSockets {
 public:
  /// Takes all listening sockets of the process. REQUIRES: this process has not opened one itself
  /// yet, and has one thread.
  InheritedSockets();

  /// Closes them. Descriptors 0 to 2 become /dev/null.
  ~InheritedSockets();
  InheritedSockets(const InheritedSockets&) = delete;
  InheritedSockets& operator=(const InheritedSockets&) = delete;

  /// Returns the descriptors that systemd passed: `listen: systemd`. Throws std::runtime_error,
  /// with the remedy, if systemd passed no socket.
  std::vector<int> of_systemd() const;

  /// Returns true if this descriptor is one of them: `listen: fd:0`.
  bool contains(int descriptor) const;

  /// Closes them when the service stops, so that new connections do not wait in them.
  void close();

 private:
  int of_systemd_ = 0;  // their number; they begin at SD_LISTEN_FDS_START
  std::vector<base::Descriptor> sockets_;
};

}  // namespace shoal::supervisor
