#include "serving/line.hpp"

#include <spdlog/spdlog.h>

#include <optional>
#include <string>
#include <utility>

#include "base/current_request.hpp"
#include "base/printable.hpp"
#include "crash/activity.hpp"
#include "serving/thrown_exception.hpp"
#include "shoal/host/access.hpp"
#include "shoal/host/request_id.hpp"
#include "shoal/host/thrown.hpp"
#include "shoal/module.hpp"

namespace shoal::serving {
namespace {

using generations::Snapshot;
using Clock = Visit::Clock;
using State = ThreadSlot::State;

/// Returns the path of the URL as the web server decoded it. Most web servers put all of it into
/// SCRIPT_NAME, H2O puts all of it into PATH_INFO, and Apache's mod_fcgid splits it: then `joined`
/// holds the path.
std::string_view path_of(const fastcgi::Exchange& exchange, std::string& joined) {
  const std::string_view script = exchange.param("SCRIPT_NAME").value_or("");
  const std::string_view info = exchange.param("PATH_INFO").value_or("");
  if (info.empty()) return script.empty() ? "/" : script;
  if (script.empty()) return info;
  joined.append(script).append(info);
  return joined;
}

/// Returns `GET /about?x=1`, as the visitor sent it, printable.
std::string request_of(const fastcgi::Exchange& exchange, std::string_view path) {
  std::string line(exchange.param("REQUEST_METHOD").value_or("?"));
  line.append(" ").append(exchange.param("REQUEST_URI").value_or(path));
  return base::printable(std::move(line));
}

/// Clears the slot in which the visit is published, at its end.
class ClearAtEnd {
 public:
  ClearAtEnd(ThreadSlot& slot, const Visit& visit) : slot_(slot), visit_(visit) {}
  ~ClearAtEnd() { slot_.clear(visit_.ended); }
  ClearAtEnd(const ClearAtEnd&) = delete;
  ClearAtEnd& operator=(const ClearAtEnd&) = delete;

 private:
  ThreadSlot& slot_;
  const Visit& visit_;
};

host::CallHandler dispatch_within(const Snapshot& snapshot) {
  return [&snapshot](std::string_view module, Request& request, Response& response) {
    const auto* entry = snapshot.find(module);
    if (entry == nullptr || entry->handler == nullptr) {
      throw NoSuchModule(std::string(module) + ": no handler of this name is loaded");
    }
    entry->handler->handle(request, response);
  };
}

/// Returns how the log names a visit: `GET /about: aquarium.screen.about (aquarium/12)`.
std::string description(const Visit& visit) {
  std::string line = visit.request;
  if (visit.entry != nullptr) line.append(": ").append(visit.module);
  const auto* generation = visit.generation();
  if (generation != nullptr) line.append(" (").append(generation->label()).append(")");
  return line;
}

/// Why no module answers a request.
struct NotAnswered {
  int status;
  spdlog::level::level_enum level;
  std::string why;
};

std::optional<NotAnswered> why_not_answered(const Visit& visit) {
  namespace level = spdlog::level;
  if (visit.route == nullptr)
    return NotAnswered{404, level::info, "404: no route covers this path"};
  if (visit.entry == nullptr) {
    return NotAnswered{404, level::info,
                       "404: there is no module " + base::printable(visit.destination)};
  }
  if (visit.entry->handler == nullptr) {
    return NotAnswered{503, level::warn,
                       "503: no generation of its group is loaded; see \"shoal status\""};
  }
  return std::nullopt;
}

/// Replaces a failed answer with an error page. If the head has been sent already, marks the answer
/// as cut off instead.
void replace_by_error(Visit& visit, int status) {
  visit.whole = !visit.response->head_sent();
  if (!visit.whole) return;
  host::Access::reset(*visit.response);
  visit.response->error(status);
}

}  // namespace

fastcgi::Responder::Plan Line::plan(const fastcgi::Exchange& exchange) const noexcept {
  if (exchange.content_length_malformed()) {
    return {nullptr, {400, "CONTENT_LENGTH is not a number of bytes"}};
  }
  if (exchange.body_too_large()) return {nullptr, {413, "the body is larger than limits.body"}};
  std::string joined;
  return {parts_.router.route_of(path_of(exchange, joined)), {}};
}

void Line::serve(fastcgi::Exchange& exchange, unsigned thread) const noexcept try {
  Visit visit;
  visit.began = exchange.turn_began();
  visit.exchange = &exchange;
  describe(visit);
  visit.route = static_cast<const Route*>(exchange.plan().route);
  const base::CurrentRequest current(visit.id);
  const auto* page = parts_.status_page;
  if (page != nullptr && page->is_for(visit.path, exchange)) {
    begin_response(visit);
    exchange.will_take_long();
    page->answer(exchange, *visit.response);
    return finish(visit);
  }

  ThreadSlot& slot = parts_.scoreboard.slot(thread);
  const ClearAtEnd clear(slot, visit);
  enter(visit, slot);
  Router::find(visit);
  begin_response(visit);
  answer(visit, slot);
  finish(visit);
  count(visit);
  if (parts_.answered) parts_.answered();
} catch (const std::exception& error) {
  spdlog::error("a request was lost: {}", error.what());
  exchange.cut();
}

void Line::refuse(fastcgi::Exchange& exchange, const fastcgi::Refusal& refusal) const noexcept try {
  Visit visit;
  visit.began = Clock::now();
  visit.exchange = &exchange;
  describe(visit);
  const base::CurrentRequest current(visit.id);
  spdlog::warn("{}: {}: {}", visit.request, refusal.status, refusal.why);
  begin_response(visit);
  visit.response->error(refusal.status);
  if (refusal.status == 503) visit.response->header("Retry-After", "1");
  finish(visit);
  count(visit);
} catch (const std::exception& error) {
  spdlog::error("a request was lost: {}", error.what());
  exchange.cut();
}

void Line::thread_starts(unsigned thread) const noexcept { parts_.scoreboard.slot(thread).start(); }

void Line::thread_ends(unsigned thread) const noexcept { parts_.scoreboard.slot(thread).end(); }

void Line::describe(Visit& visit) const {
  visit.id = host::request_id_of(*visit.exchange, visit.made_id);
  if (parts_.access_log != nullptr) visit.cpu = parts_.access_log->cpu();
  visit.path = path_of(*visit.exchange, visit.joined_path);
  visit.request = request_of(*visit.exchange, visit.path);
}

void Line::enter(Visit& visit, ThreadSlot& slot) const {
  Router::set_destination(visit);
  visit.entered = visit.began;
  bool waited = false;
  const auto before_waiting = [&] {
    if (std::exchange(waited, true)) return;
    slot.publish(visit, State::kWaiting, visit.began);
    visit.exchange->will_take_long();
  };
  const auto target = visit.route == nullptr ? std::string_view() : visit.route->target;
  visit.snapshot = parts_.generations.enter(visit.destination, target, before_waiting);
  if (waited) visit.entered = Clock::now();
}

void Line::begin_response(Visit& visit) const {
  const bool is_head = visit.exchange->param("REQUEST_METHOD") == "HEAD";
  const auto* generation = visit.generation();
  visit.response = host::Access::make_response(*visit.exchange, is_head,
                                               parts_.expose && generation != nullptr
                                                   ? std::string_view(generation->exposed_head())
                                                   : std::string_view());
}

void Line::answer(Visit& visit, ThreadSlot& slot) const {
  if (const auto not_answered = why_not_answered(visit)) {
    spdlog::log(not_answered->level, "{}: {}", description(visit), not_answered->why);
    return visit.response->error(not_answered->status);
  }
  slot.publish(visit, State::kHandling, visit.entered);
  const crash::ActivityScope activity(slot.activity());
  generations::RecentLatency& latency = *visit.entry->latency;
  if (latency.average() > fastcgi::Turn::kLong) visit.exchange->will_take_long();
  handle(visit);
  const auto handled = Clock::now();
  latency.add(handled - visit.entered);
  slot.publish(visit, State::kWriting, handled);
}

void Line::handle(Visit& visit) const {
  // Exceptions are caught here, since their code is mapped only while the snapshot is held.
  const host::ThrowRecorder recorder;
  try {
    const auto request =
        host::Access::make_request(*visit.exchange, *visit.response, visit.path, visit.path_info,
                                   dispatch_within(*visit.snapshot), visit.id);
    visit.entry->handler->handle(*request, *visit.response);
  } catch (const BodyError& error) {
    spdlog::warn("{}: {}", description(visit), base::printable(error.what()));
    replace_by_error(visit, visit.exchange->body_too_large() ? 413 : 400);
  } catch (...) {
    parts_.exceptions.log(description(visit), thrown_exception_of(std::current_exception()));
    replace_by_error(visit, 500);
  }
}

void Line::finish(Visit& visit) const {
  visit.whole = visit.whole && host::Access::finish(*visit.response) && visit.exchange->finish();
  if (!visit.whole) visit.exchange->cut();  // the web server must see that it is incomplete
  visit.ended = Clock::now();
  if (parts_.access_log != nullptr) parts_.access_log->write(visit);
}

void Line::count(const Visit& visit) const {
  const auto* generation = visit.generation();
  parts_.traffic.add(generation == nullptr ? std::string_view() : generation->group(),
                     visit.response->status(), visit.took());
}

}  // namespace shoal::serving
