#pragma once

#include <optional>

#include "base/descriptor.hpp"

namespace shoal::fastcgi {

/// Where a process that ends leaves the connections that web servers keep open to it, and where
/// those that go on serving take them from. No byte of a request is lost on the way, and no request
/// is refused that is sent meanwhile: what a web server sends lies in the connection, whichever
/// process reads it. Made before the processes are forked that share it. Safe to use from any
/// thread.
class Handover {
 public:
  /// Throws std::system_error.
  Handover();

  /// Readable when a connection has been left.
  int descriptor() const { return taken_.get(); }

  /// Leaves the connection for another process, together with a file of the bytes that were read of
  /// it and not used; -1: there are none. The caller's descriptors stay its own, to close. Returns
  /// false if it cannot be left: too many were, and no process has taken them yet.
  bool leave(int connection, int bytes = -1) const;

  /// A connection that was left.
  struct Left {
    base::Descriptor connection;
    base::Descriptor bytes;  ///< to be read from its beginning; empty: there are none
  };

  /// Returns the next connection; nullopt if there is none. Does not wait. Throws std::system_error
  /// without descriptors for it, and leaves it there.
  std::optional<Left> take() const;

 private:
  base::Descriptor left_;
  base::Descriptor taken_;
};

}  // namespace shoal::fastcgi
