#include "access/request_values.hpp"

#include <sys/resource.h>

#include <array>
#include <charconv>
#include <ctime>
#include <system_error>

namespace shoal::access {
namespace {

std::chrono::microseconds span_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

Cpu cpu_of_this_thread() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return {span_of(usage.ru_utime), span_of(usage.ru_stime)};
}

std::string_view variable(const LoggedRequest& request, std::string_view name) {
  return request.exchange.param(name).value_or("").substr(0, kLongestValue);
}

std::string_view request_path(const LoggedRequest& request) {
  const std::string_view uri = variable(request, "REQUEST_URI");
  return uri.empty() ? request.path.substr(0, kLongestValue) : uri.substr(0, uri.find('?'));
}

std::uint64_t request_length(const LoggedRequest& request) {
  const std::string_view text = variable(request, "CONTENT_LENGTH");
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc() && end == text.data() + text.size() ? length : 0;
}

std::string local_time(std::chrono::system_clock::time_point time, const char* format) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 256> text;
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

std::uint64_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace shoal::access
