#pragma once

#include <optional>

#include "base/descriptor.hpp"

namespace shoal::fastcgi {

/// Where a process that ends leaves the connections that web servers keep open to it, and where
/// those that go on serving take them from. No byte of a request is lost on the way, nor is a
/// request refused that is sent meanwhile: what a web server sends lies in the connection, whoever
/// reads it. Made before the processes are forked that share it. Safe to use from any thread.
class Handover {
 public:
  /// Throws std::system_error.
  Handover();

  /// Readable when a connection has been left.
  int descriptor() const { return taken_.get(); }

  /// Leaves the connection for another process; the caller's descriptor stays its own, to close.
  /// False when it cannot be left: too many have been, and nobody has taken them yet.
  bool leave(int connection) const;

  /// The next one; none when there is none. Does not wait. Throws std::system_error without a
  /// descriptor for it, and leaves it there.
  std::optional<base::Descriptor> take() const;

 private:
  base::Descriptor left_;
  base::Descriptor taken_;
};

}  // namespace shoal::fastcgi
