#include "serving/line.hpp"

#include <spdlog/spdlog.h>

#include <optional>
#include <string>

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
using State = ThreadSlot::State;

/// Returns the path of the URL as the web server decoded it. Most web servers put all of it into
/// SCRIPT_NAME, H2O puts all of it into PATH_INFO, and Apache's mod_fcgid splits it.
std::string path_of(const fastcgi::Exchange& exchange) {
  std::string path(exchange.param("SCRIPT_NAME").value_or(""));
  path += exchange.param("PATH_INFO").value_or("");
  return path.empty() ? "/" : path;
}

/// Returns `GET /about?x=1`, as the visitor sent it, printable.
std::string request_of(const fastcgi::Exchange& exchange, const std::string& path) {
  std::string line(exchange.param("REQUEST_METHOD").value_or("?"));
  line.append(" ").append(exchange.param("REQUEST_URI").value_or(path));
  return base::printable(line);
}

/// Publishes the visit in the slot while it lives.
class PublishedVisit {
 public:
  PublishedVisit(ThreadSlot& slot, const Visit& visit) : slot_(slot) {
    slot_.publish(visit, State::kReading);
  }
  ~PublishedVisit() { slot_.clear(); }
  PublishedVisit(const PublishedVisit&) = delete;
  PublishedVisit& operator=(const PublishedVisit&) = delete;

 private:
  ThreadSlot& slot_;
};

/// Returns the header `X-Shoal-Generation: aquarium/13 (instead of 12, quarantined)`.
std::string exposed_head(const generations::Generation& generation) {
  const std::string note = generation.note().empty() ? "" : " (" + generation.note() + ")";
  return "X-Shoal-Generation: " + generation.label() + note + "\r\n";
}

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

/// Why a request is answered with an error, without calling a module.
struct Refusal {
  int status;
  spdlog::level::level_enum level;
  std::string why;
};

std::optional<Refusal> refusal(const Visit& visit) {
  namespace level = spdlog::level;
  if (visit.route == nullptr) return Refusal{404, level::info, "404: no route covers this path"};
  if (visit.entry == nullptr) {
    return Refusal{404, level::info,
                   "404: there is no module " + base::printable(visit.destination)};
  }
  if (visit.entry->handler == nullptr) {
    return Refusal{503, level::warn,
                   "503: no generation of its group is loaded; see \"shoal status\""};
  }
  if (visit.exchange->content_length_malformed()) {
    return Refusal{400, level::warn, "400: CONTENT_LENGTH is not a number of bytes"};
  }
  if (visit.exchange->body_too_large()) {
    return Refusal{413, level::warn, "413: the body is larger than limits.body"};
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

bool Line::serve(fastcgi::Connection& connection, ThreadSlot& slot) const noexcept try {
  Visit visit;
  const PublishedVisit published(slot, visit);
  if (!read(connection, visit)) return false;
  const base::CurrentRequest current(visit.id);
  const auto* page = parts_.status_page;
  if (page != nullptr && page->is_for(visit.path, *visit.exchange)) {
    slot.clear();  // so that the page does not show its own request
    begin_response(visit);
    page->answer(*visit.exchange, *visit.response);
    return finish(visit);
  }

  parts_.router.route(visit);
  slot.publish(visit, State::kWaiting);
  visit.snapshot =
      parts_.generations.enter(visit.destination, visit.route ? visit.route->target : "");
  Router::find(visit);
  begin_response(visit);
  answer(visit, slot);
  slot.publish(visit, State::kWriting);
  const bool kept = finish(visit);
  count(visit);
  return kept;
} catch (const std::exception& error) {
  spdlog::error("a request was lost: {}", error.what());
  return false;
}

bool Line::turn_away(fastcgi::Connection& connection) const noexcept try {
  Visit visit;
  if (!read(connection, visit)) return false;
  const base::CurrentRequest current(visit.id);
  spdlog::warn("{}: 503: workers.queue is full", visit.request);
  begin_response(visit);
  visit.response->error(503);
  visit.response->header("Retry-After", "1");
  const bool kept = finish(visit);
  count(visit);
  return kept;
} catch (const std::exception& error) {
  spdlog::error("a request was lost: {}", error.what());
  return false;
}

bool Line::read(fastcgi::Connection& connection, Visit& visit) const {
  visit.exchange = fastcgi::Exchange::read(connection);
  if (visit.exchange == nullptr) return false;
  visit.id = host::request_id_of(*visit.exchange);
  if (parts_.access_log != nullptr) visit.cpu = parts_.access_log->cpu();
  visit.path = path_of(*visit.exchange);
  visit.request = request_of(*visit.exchange, visit.path);
  return true;
}

void Line::begin_response(Visit& visit) const {
  const bool is_head = visit.exchange->param("REQUEST_METHOD") == "HEAD";
  const auto* generation = visit.generation();
  visit.response = host::Access::make_response(
      *visit.exchange, is_head,
      parts_.expose && generation != nullptr ? exposed_head(*generation) : "");
}

void Line::answer(Visit& visit, ThreadSlot& slot) const {
  if (const auto refused = refusal(visit)) {
    spdlog::log(refused->level, "{}: {}", description(visit), refused->why);
    return visit.response->error(refused->status);
  }
  slot.publish(visit, State::kHandling);
  const crash::ActivityScope activity(slot.activity());
  handle(visit);
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

bool Line::finish(Visit& visit) const {
  visit.whole = visit.whole && host::Access::finish(*visit.response);
  const bool kept = visit.whole && visit.exchange->finish();
  if (!visit.whole) visit.exchange->cut();  // the web server must see that it is incomplete
  visit.took = std::chrono::steady_clock::now() - visit.exchange->started();
  if (parts_.access_log != nullptr) parts_.access_log->write(visit);
  return kept;
}

void Line::count(const Visit& visit) const {
  const auto* generation = visit.generation();
  parts_.traffic.add(generation == nullptr ? std::string_view() : generation->group(),
                     visit.response->status(), visit.took);
}

}  // namespace shoal::serving
