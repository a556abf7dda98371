#include "serving/status_page.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "status/json.hpp"
#include "status/openmetrics.hpp"
#include "status/page.hpp"

namespace shoal::serving {
namespace {

/// Returns true if one of the parts of the query has this name: `json`, `json&full=1` and
/// `_=17&json` have `json`.
bool has_part(std::string_view query, std::string_view word) {
  for (std::size_t begin = 0; begin <= query.size();) {
    const std::size_t end = std::min(query.find('&', begin), query.size());
    const auto part = query.substr(begin, end - begin);
    if (part.substr(0, part.find('=')) == word) return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace

StatusPage::StatusPage(std::string route, const std::vector<std::string>& allow, Ask ask)
    : route_(std::move(route)), allow_(allow), ask_(std::move(ask)) {}

bool StatusPage::is_for(std::string_view path, const fastcgi::Exchange& exchange) const {
  return path == route_ && allow_.allow(std::string(exchange.param("REMOTE_ADDR").value_or("")));
}

void StatusPage::answer(const fastcgi::Exchange& exchange, Response& response) const {
  const auto method = exchange.param("REQUEST_METHOD").value_or("GET");
  response.header("Cache-Control", "no-store");
  if (method != "GET" && method != "HEAD") {
    response.header("Allow", "GET, HEAD");
    return response.error(405);
  }
  const auto query = exchange.param("QUERY_STRING").value_or("");
  if (has_part(query, "ping")) return response.text("pong\n");
  status::Overview overview;
  try {
    overview = ask_();
  } catch (const std::exception& error) {
    response.status(503);
    return response.text(std::string(error.what()) + "\n");
  }
  if (has_part(query, "json")) return response.json(nlohmann::json(overview).dump());
  if (has_part(query, "openmetrics")) {
    response.header("Content-Type", status::kOpenMetricsType);
    response.write(status::openmetrics(overview));
    return;
  }
  response.header("Content-Security-Policy", status::page_policy());
  response.html(status::page(overview));
}

}  // namespace shoal::serving
