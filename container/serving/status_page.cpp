#include "serving/status_page.hpp"

#include <nlohmann/json.hpp>

#include "status/json.hpp"
#include "status/openmetrics.hpp"
#include "status/page.hpp"

namespace shoal::serving {

StatusPage::StatusPage(std::string route, const std::vector<std::string>& allow, Ask ask)
    : route_(std::move(route)), allow_(allow), ask_(std::move(ask)) {}

bool StatusPage::is_for(std::string_view path, const fastcgi::Exchange& exchange) const {
  return path == route_ && allow_.allow(std::string(exchange.param("REMOTE_ADDR").value_or("")));
}

void StatusPage::answer(const fastcgi::Exchange& exchange, Response& response) const {
  const auto query = exchange.param("QUERY_STRING").value_or("");
  response.header("Cache-Control", "no-store");
  if (query == "ping") return response.text("pong\n");
  status::Overview overview;
  try {
    overview = ask_();
  } catch (const std::exception& error) {
    response.status(503);
    return response.text(std::string(error.what()) + "\n");
  }
  if (query == "json") return response.json(nlohmann::json(overview).dump());
  if (query == "openmetrics") {
    response.header("Content-Type", status::kOpenMetricsType);
    response.write(status::openmetrics(overview));
    return;
  }
  response.header("Content-Security-Policy", status::page_policy());
  response.html(status::page(overview));
}

}  // namespace shoal::serving
