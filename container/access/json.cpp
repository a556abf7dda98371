#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "access/format.hpp"
#include "access/request_values.hpp"
#include "shoal/host/access.hpp"

namespace shoal::access {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text.substr(0, kLongestValue));
}

/// ISO 8601 with milliseconds and the offset from UTC: 2024-05-01T12:00:00.123+02:00.
std::string exact_time(std::chrono::system_clock::time_point time) {
  using std::chrono::milliseconds;
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::duration_cast<milliseconds>(time - second).count();
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03d", static_cast<int>(rest));
  std::string offset = local_time(time, "%z");  // +0200
  if (offset.size() == 5) offset.insert(3, ":");
  return local_time(time, "%Y-%m-%dT%H:%M:%S") + fraction + offset;
}

}  // namespace

std::string json_line(const LoggedRequest& request) {
  const auto given = [&](std::string_view name) { return text_or_null(variable(request, name)); };
  const std::string_view uri = variable(request, "REQUEST_URI");
  const Json line{
      {"time", exact_time(request.received)},
      {"id", text_or_null(request.id)},
      {"remote_addr", given("REMOTE_ADDR")},
      {"remote_user", given("REMOTE_USER")},
      {"method", given("REQUEST_METHOD")},
      {"host", given("HTTP_HOST")},
      {"uri", text_or_null(uri.empty() ? request.path : uri)},
      {"protocol", given("SERVER_PROTOCOL")},
      {"request_bytes", request_length(request)},
      {"status", request.response.status()},
      {"bytes", host::Access::bytes_written(request.response)},
      {"whole", request.whole},
      {"seconds", std::chrono::duration<double>(request.took).count()},
      {"module", text_or_null(request.module)},
      {"group", text_or_null(request.group)},
      {"generation", request.group.empty() ? Json(nullptr) : Json(request.number)},
      {"referer", given("HTTP_REFERER")},
      {"user_agent", given("HTTP_USER_AGENT")},
      {"pid", ::getpid()},
  };
  return line.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

}  // namespace shoal::access
