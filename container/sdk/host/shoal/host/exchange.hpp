#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace shoal::host {

/// One request and its answer on the wire, as the SDK needs it. fastcgi::Exchange is the real one;
/// tests use one in memory. Used by one thread. Never seen by modules, never installed.
class Exchange {
 public:
  virtual ~Exchange() = default;

  /// A CGI variable. The view lives as long as the exchange.
  virtual std::optional<std::string_view> param(std::string_view name) const = 0;

  /// Reads up to `buffer.size()` bytes of the body; 0 at its end. Throws shoal::BodyError when the
  /// body is shorter than CONTENT_LENGTH, has none and is too large, or a read times out.
  virtual std::size_t read(std::span<char> buffer) = 0;

  /// Appends to the answer, head and body alike. False once the peer has gone.
  virtual bool write(std::string_view bytes) = 0;

  /// Puts what was written on the wire. False once the peer has gone.
  virtual bool flush() = 0;

  /// Whether the peer has closed the connection or aborted the request.
  virtual bool peer_gone() const = 0;
};

}  // namespace shoal::host
