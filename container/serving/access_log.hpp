#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string_view>

#include "access/format.hpp"
#include "fastcgi/exchange.hpp"
#include "serving/router.hpp"
#include "shoal/response.hpp"

namespace shoal::serving {

/// Writes a line for each request that was answered. Safe to call from many threads at once.
class AccessLog {
 public:
  /// Each line goes to the logger as it is, at level info. It must not throw when a line cannot be
  /// written.
  AccessLog(access::Format format, std::shared_ptr<spdlog::logger> logger);

  /// Of this thread so far, if lines tell of it: what `write` is to be given, taken when the
  /// request begins.
  access::Cpu cpu() const;

  /// What the line says beside what exchange and answer know.
  struct Told {
    std::string_view path;  ///< of the URL, decoded
    std::string_view id;
    const std::optional<Found>& found;  ///< REQUIRES: its snapshot is held
    bool whole;                         ///< false: the answer was cut off, or the peer had left
    access::Cpu before;
  };

  /// REQUIRES: the answer is over. Whatever goes wrong costs the line and nothing else.
  void write(const fastcgi::Exchange& exchange, const Response& response,
             const Told& told) const noexcept;

 private:
  const access::Format format_;
  const std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace shoal::serving
