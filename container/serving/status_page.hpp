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

/// What is running, told to visitors: a page for people, `?json`, `?openmetrics`, and `?ping`. Safe
/// to use from any thread.
class StatusPage {
 public:
  /// Asks all processes. May throw std::exception when nobody answers.
  using Ask = std::function<status::Overview()>;

  /// `allow`: addresses of visitors; to others it is not there.
  StatusPage(std::string route, const std::vector<std::string>& allow, Ask ask);

  /// Whether this visitor is to be answered here.
  bool is_for(std::string_view path, const fastcgi::Exchange& exchange) const;

  void answer(const fastcgi::Exchange& exchange, Response& response) const;

 private:
  const std::string route_;
  const fastcgi::Peers allow_;
  const Ask ask_;
};

}  // namespace shoal::serving
