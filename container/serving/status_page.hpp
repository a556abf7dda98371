#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fastcgi/exchange.hpp"
#include "fastcgi/peers.hpp"
#include "shoal/response.hpp"
#include "status/overview.hpp"

namespace shoal::serving {

/// Shows visitors what is running: a page for people, `?json`, `?openmetrics` and `?ping`. Safe to
/// use from any thread.
class StatusPage {
 public:
  /// Asks all worker processes. Throws a std::exception if the container does not answer.
  using Ask = std::function<status::Overview()>;

  /// `route` is the path of the page. `allow` has the addresses that may see it; for other visitors
  /// the page does not exist.
  StatusPage(std::string route, const std::vector<std::string>& allow, Ask ask);

  /// Returns true if the path is that of the page and the visitor may see it.
  bool is_for(std::string_view path, const fastcgi::Exchange& exchange) const;

  /// Writes the answer.
  void answer(const fastcgi::Exchange& exchange, Response& response) const;

 private:
  const std::string route_;
  const fastcgi::Peers allow_;
  const Ask ask_;
};

}  // namespace shoal::serving
