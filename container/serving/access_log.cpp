#include "serving/access_log.hpp"

#include <chrono>
#include <utility>

namespace shoal::serving {
namespace {

using std::chrono::system_clock;

/// Returns the visit in the form that access/ knows, as views of what the visit holds.
access::LoggedRequest logged_request(const Visit& visit) {
  access::LoggedRequest request{.exchange = *visit.exchange, .response = *visit.response};
  request.path = visit.path;
  request.id = visit.id;
  request.module = visit.module;
  request.whole = visit.whole;
  request.took = std::chrono::duration_cast<std::chrono::microseconds>(visit.took());
  request.received = system_clock::now() - request.took;
  const auto* generation = visit.generation();
  if (generation == nullptr) return request;
  request.group = generation->group();
  request.generation = generation->label();
  request.number = generation->number();
  request.file = generation->staged().path_of(visit.module).native();
  return request;
}

}  // namespace

AccessLog::AccessLog(access::Format format, std::shared_ptr<spdlog::logger> logger)
    : format_(std::move(format)), logger_(std::move(logger)) {}

access::Cpu AccessLog::cpu() const {
  return format_.asks_for_cpu() ? access::cpu_of_this_thread() : access::Cpu{};
}

void AccessLog::write(const Visit& visit) const noexcept try {
  access::LoggedRequest request = logged_request(visit);
  const access::Cpu now = cpu();
  request.cpu = {now.user - visit.cpu.user, now.system - visit.cpu.system};
  logger_->log(spdlog::level::info, spdlog::string_view_t(format_.line(request)));
} catch (...) {
  // Out of memory: the request itself was answered.
}

}  // namespace shoal::serving
