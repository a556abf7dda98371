#include "daemon/inquiries.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/worker.hpp"
#include "status/json.hpp"

namespace shoal::daemon {
namespace {

using std::chrono::steady_clock;

// A worker whose main thread does not answer by then is told of as it was last.
constexpr std::chrono::seconds kPatience{1};

}  // namespace

void Inquiries::begin(Crew& crew, Answer answer) {
  Inquiry inquiry{++next_, std::move(answer), steady_clock::now() + kPatience};
  for (auto& worker : crew.workers()) {
    if (worker.stage == Worker::Stage::kStarting) continue;
    if (!worker.link.send({{"say", words::kReport}, {"inquiry", inquiry.number}})) continue;
    inquiry.awaited.insert(worker.id);
  }
  inquiries_.push_back(std::move(inquiry));
}

void Inquiries::told(Worker& worker, unsigned number, const nlohmann::json& report) try {
  worker.last_report = report.get<status::WorkerReport>();
  const auto found = std::ranges::find(inquiries_, number, &Inquiry::number);
  if (found == inquiries_.end() || found->awaited.erase(worker.id) == 0) return;
  found->reports.push_back(worker.last_report);
} catch (const std::exception& error) {
  spdlog::error("worker {}: its report makes no sense: {}", worker.id, error.what());
}

void Inquiries::departed(const Worker& worker) {
  departed_.add(worker.last_report);
  for (auto& inquiry : inquiries_) inquiry.awaited.erase(worker.id);
}

void Inquiries::conclude(const status::Overview& overview) {
  std::erase_if(inquiries_, [&](const Inquiry& inquiry) {
    if (!inquiry.awaited.empty() && steady_clock::now() < inquiry.until) return false;
    inquiry.answer(status::merge(overview, inquiry.reports, departed_));
    return true;
  });
}

steady_clock::time_point Inquiries::deadline() const {
  auto earliest = steady_clock::time_point::max();
  for (const auto& inquiry : inquiries_) {
    earliest = std::min(earliest, inquiry.awaited.empty() ? steady_clock::now() : inquiry.until);
  }
  return earliest;
}

}  // namespace shoal::daemon
