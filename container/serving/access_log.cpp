#include "serving/access_log.hpp"

#include <chrono>
#include <utility>

namespace shoal::serving {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

void tell_who_answered(const Found& found, access::Visit& visit) {
  visit.module = found.module;
  const auto* generation = found.entry->generation;
  if (generation == nullptr) return;
  visit.group = generation->group();
  visit.generation = generation->label();
  visit.number = generation->number();
  const auto file = generation->files().find(found.module);
  if (file != generation->files().end()) visit.file = file->second.path.native();
}

}  // namespace

AccessLog::AccessLog(access::Format format, std::shared_ptr<spdlog::logger> logger)
    : format_(std::move(format)), logger_(std::move(logger)) {}

access::Cpu AccessLog::cpu() const {
  return format_.asks_for_cpu() ? access::cpu_of_this_thread() : access::Cpu{};
}

void AccessLog::write(const fastcgi::Exchange& exchange, const Response& response,
                      const Told& told) const noexcept try {
  access::Visit visit{.exchange = exchange, .response = response};
  visit.path = told.path;
  visit.id = told.id;
  visit.whole = told.whole;
  if (told.found) tell_who_answered(*told.found, visit);
  visit.took = duration_cast<microseconds>(steady_clock::now() - exchange.started());
  visit.received = system_clock::now() - visit.took;
  const access::Cpu now = cpu();
  visit.cpu = {now.user - told.before.user, now.system - told.before.system};
  logger_->log(spdlog::level::info, spdlog::string_view_t(format_.line(visit)));
} catch (...) {
  // Out of memory: the request itself was answered.
}

}  // namespace shoal::serving
