#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace shoal::host {

/// One FastCGI request and its answer on the wire, as the SDK needs it. fastcgi::Exchange
/// implements it; tests use one in memory. Not safe for use by several threads at once. Not
/// installed: modules cannot use it.
class Exchange {
 public:
  virtual ~Exchange() = default;

  /// Returns a CGI variable, or nullopt. The view is valid as long as the exchange.
  virtual std::optional<std::string_view> param(std::string_view name) const = 0;

  /// Reads at most `buffer.size()` bytes of the body and returns how many; 0 at its end. Throws
  /// shoal::BodyError when the body is shorter than CONTENT_LENGTH. Of a body that is read while it
  /// arrives also when it has no CONTENT_LENGTH and is larger than the limit, and when nothing
  /// arrives in time.
  virtual std::size_t read(std::span<char> buffer) = 0;

  /// Appends bytes of the head or the body to the answer. Returns false when the web server has
  /// disconnected, or the answer was cut off. Waits while too much is not taken yet.
  virtual bool write(std::string_view bytes) = 0;

  /// Sends what was written so far, and waits until it is taken. Returns false when the web server
  /// has disconnected, or the answer was cut off.
  virtual bool flush() = 0;

  /// Returns true if the web server has closed the connection or aborted the request; false if it
  /// has only closed its sending half.
  virtual bool peer_gone() const = 0;
};

}  // namespace shoal::host
