#include "serving/line.hpp"

#include <spdlog/spdlog.h>

#include "base/current_request.hpp"
#include "base/printable.hpp"
#include "crash/activity.hpp"
#include "serving/failure.hpp"
#include "shoal/host/access.hpp"
#include "shoal/host/request_id.hpp"
#include "shoal/host/thrown.hpp"
#include "shoal/module.hpp"

namespace shoal::serving {
namespace {

using modules::Snapshot;

/// The URL's path as the web server decoded it. Most put all of it into SCRIPT_NAME, H2O all of it
/// into PATH_INFO; Apache's mod_fcgid splits it.
std::string path_of(const fastcgi::Exchange& exchange) {
  std::string path(exchange.param("SCRIPT_NAME").value_or(""));
  path += exchange.param("PATH_INFO").value_or("");
  return path.empty() ? "/" : path;
}

constexpr std::chrono::milliseconds kNoTimeout{0};

/// Of requests that no module is asked for.
const std::optional<Found> kNobody;

/// While it lives, the seat has a connection.
class Seated {
 public:
  explicit Seated(Seat& seat) : seat_(seat) { seat_.reads(); }
  ~Seated() { seat_.rests(); }
  Seated(const Seated&) = delete;
  Seated& operator=(const Seated&) = delete;

 private:
  Seat& seat_;
};

bool is_head(const fastcgi::Exchange& exchange) {
  return exchange.param("REQUEST_METHOD") == "HEAD";
}

/// `X-Shoal-Generation: aquarium/13 (instead of 12, quarantined)`
std::string exposed_head(const std::optional<Found>& found) {
  if (!found || found->entry->generation == nullptr) return {};
  const auto& generation = *found->entry->generation;
  const std::string note = generation.note().empty() ? "" : " (" + generation.note() + ")";
  return "X-Shoal-Generation: " + generation.label() + note + "\r\n";
}

std::string_view group_of(const std::optional<Found>& found) {
  if (!found || found->entry->generation == nullptr) return {};
  return found->entry->generation->group();
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

/// `GET /about?x=1`, as the visitor asked.
std::string asked(const fastcgi::Exchange& exchange) {
  std::string line(exchange.param("REQUEST_METHOD").value_or("?"));
  line.append(" ").append(exchange.param("REQUEST_URI").value_or(path_of(exchange)));
  return base::printable(line);
}

/// What the log says of a request that went wrong: who asked for what, and what answered.
std::string request_line(const fastcgi::Exchange& exchange, const std::optional<Found>& found) {
  std::string line = asked(exchange);
  if (found) line.append(": ").append(found->module);
  if (found && found->entry->generation != nullptr) {
    line.append(" (").append(found->entry->generation->label()).append(")");
  }
  return line;
}

/// Why a request is answered without asking a module.
struct Refusal {
  int status;
  spdlog::level::level_enum level;
  std::string why;
};

std::optional<Refusal> refusal(const fastcgi::Exchange& exchange,
                               const std::optional<Destination>& destination,
                               const std::optional<Found>& found) {
  namespace level = spdlog::level;
  if (!destination) return Refusal{404, level::info, "404: no route leads to a module here"};
  if (!found) {
    return Refusal{404, level::info,
                   "404: there is no module " + base::printable(destination->name)};
  }
  if (!found->entry->handler) return Refusal{503, level::warn, "503: its group was never loaded"};
  if (exchange.content_length_malformed()) {
    return Refusal{400, level::warn, "400: its CONTENT_LENGTH is no number of bytes"};
  }
  if (exchange.body_too_large()) return Refusal{413, level::warn, "413: body over limits.body"};
  return std::nullopt;
}

/// The rest of a failed answer: an error page if nothing is on its way yet. False when the visitor
/// already has the beginning of another.
bool answer_instead(Response& response, int status) {
  if (response.head_sent()) return false;
  host::Access::reset(response);
  response.error(status);
  return true;
}

}  // namespace

bool Line::serve(fastcgi::Connection& connection, Seat& seat) const noexcept try {
  const Seated seated(seat);
  const auto exchange = fastcgi::Exchange::read(connection);
  if (!exchange) return false;
  const std::string id = host::request_id_of(*exchange);
  const base::CurrentRequest current(id);
  const access::Cpu cpu = cpu_so_far();
  const std::string path = path_of(*exchange);
  if (parts_.status_page != nullptr && parts_.status_page->is_for(path, *exchange)) {
    seat.rests();  // or what is told would have its own request in it
    const auto response = host::Access::make_response(*exchange, is_head(*exchange), "");
    parts_.status_page->answer(*exchange, *response);
    return end(*exchange, *response, {path, id, kNobody, true, cpu});
  }

  const auto destination = parts_.router.destination(path);
  seat.waits(asked(*exchange), id, destination ? destination->timeout : kNoTimeout);
  const auto snapshot = parts_.registry.enter(destination ? destination->name : std::string());
  const auto found = destination ? Router::find(*destination, *snapshot) : std::nullopt;

  const auto response = host::Access::make_response(*exchange, is_head(*exchange),
                                                    parts_.expose ? exposed_head(found) : "");
  const bool whole = answer(*exchange, *response, {path, id, destination, found, *snapshot}, seat);
  seat.writes();
  const bool kept = end(*exchange, *response, {path, id, found, whole, cpu});
  count(*exchange, *response, found);
  return kept;
} catch (const std::exception& error) {
  spdlog::error("a request was lost: {}", error.what());
  return false;
}

bool Line::turn_away(fastcgi::Connection& connection) const noexcept try {
  const auto exchange = fastcgi::Exchange::read(connection);
  if (!exchange) return false;
  const std::string id = host::request_id_of(*exchange);
  const base::CurrentRequest current(id);
  const access::Cpu cpu = cpu_so_far();
  spdlog::warn("{}: 503: workers.queue is full", asked(*exchange));
  const auto response = host::Access::make_response(*exchange, is_head(*exchange), "");
  response->error(503);
  response->header("Retry-After", "1");
  const std::string path = path_of(*exchange);
  const bool kept = end(*exchange, *response, {path, id, kNobody, true, cpu});
  count(*exchange, *response, kNobody);
  return kept;
} catch (const std::exception& error) {
  spdlog::error("a request was lost: {}", error.what());
  return false;
}

access::Cpu Line::cpu_so_far() const {
  return parts_.access_log != nullptr ? parts_.access_log->cpu() : access::Cpu{};
}

bool Line::end(fastcgi::Exchange& exchange, Response& response, AccessLog::Told told) const {
  told.whole = told.whole && host::Access::finish(response);
  const bool kept = told.whole && exchange.finish();
  if (!told.whole) exchange.cut();  // or the web server would take it for complete
  if (parts_.access_log != nullptr) parts_.access_log->write(exchange, response, told);
  return kept;
}

void Line::count(const fastcgi::Exchange& exchange, const Response& response,
                 const std::optional<Found>& found) const {
  parts_.traffic.add(group_of(found), response.status(),
                     std::chrono::steady_clock::now() - exchange.started());
}

bool Line::answer(fastcgi::Exchange& exchange, Response& response, const Visit& visit,
                  Seat& seat) const {
  const auto& found = visit.found;
  if (const auto refused = refusal(exchange, visit.destination, found)) {
    spdlog::log(refused->level, "{}: {}", request_line(exchange, found), refused->why);
    response.error(refused->status);
    return true;
  }
  seat.handles(found->module, *found->entry->generation);
  const crash::ActivityScope doing(seat.activity());
  return handle(exchange, response, visit);
}

bool Line::handle(fastcgi::Exchange& exchange, Response& response, const Visit& visit) const {
  // A module's exception must end in here: its code is mapped only as long as the snapshot is held.
  const host::ThrowRecorder recorder;
  try {
    const auto request =
        host::Access::make_request(exchange, response, visit.path, visit.found->path_info,
                                   dispatch_within(visit.snapshot), visit.id);
    visit.found->entry->handler->handle(*request, response);
    return true;
  } catch (const BodyError& error) {
    spdlog::warn("{}: {}", request_line(exchange, visit.found), base::printable(error.what()));
    return answer_instead(response, exchange.body_too_large() ? 413 : 400);
  } catch (...) {
    parts_.failures.tell(request_line(exchange, visit.found), failure_of(std::current_exception()));
    return answer_instead(response, 500);
  }
}

}  // namespace shoal::serving
