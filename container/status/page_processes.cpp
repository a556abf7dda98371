#include <algorithm>
#include <vector>

#include "status/columns.hpp"
#include "status/enum_names.hpp"
#include "status/page_parts.hpp"

namespace shoal::status {
namespace {

constexpr std::size_t kLongestRequest = 300;  // characters; a visitor can send kilobytes

/// Returns one square for each thread that runs, filled if the thread has a request.
Markup squares_part(const Worker& worker, Time now) {
  Markup html;
  html << "<span class=\"squares\">";
  for (const Thread& thread : worker.threads) {
    html << "<i class=\"" << name_of(thread.state);
    if (thread.state != Thread::State::kIdle && now - thread.since >= kLongRequest) {
      html << " long";
    }
    html << "\" title=\"thread " << thread.number << ": " << name_of(thread.state) << " for "
         << span(now - thread.since) << "\"></i>";
  }
  return html << "</span> <small>" << std::to_string(busy_threads(worker)) << " of "
              << std::to_string(worker.most_threads) << "</small>";
}

std::string_view style_of(Worker::State state) {
  return state == Worker::State::kServing ? "good" : "note";
}

Markup worker_part(const Worker& worker, Time now) {
  Markup html;
  html << "<tr id=\"process-" << worker.pid << "\"><th scope=\"row\">" << worker.pid
       << "</th><td class=\"chip\"><span class=\"" << style_of(worker.state) << "\">"
       << name_of(worker.state) << "</span></td><td data-is=\"started\">"
       << time_part(worker.started, now) << "</td><td class=\"n\" data-is=\"requests\">"
       << count(worker.requests) << "</td><td class=\"n\" data-is=\"errors\">"
       << count(worker.errors) << "</td><td class=\"n\" data-is=\"connections\">"
       << count(worker.connections) << "</td><td class=\"n\" data-is=\"waiting\">"
       << count(worker.waiting) << "</td><td class=\"n\" data-is=\"memory\">"
       << size(worker.resident) << "</td><td class=\"more\" data-is=\"threads\">"
       << squares_part(worker, now) << "</td></tr>\n";
  return html;
}

struct Busy {
  const Worker* worker;
  const Thread* thread;
};

/// Returns the threads that have a request, the longest running first.
std::vector<Busy> busy_in(const Overview& overview) {
  std::vector<Busy> busy;
  for (const Worker& worker : overview.workers) {
    for (const Thread& thread : worker.threads) {
      if (thread.state != Thread::State::kIdle) busy.push_back({&worker, &thread});
    }
  }
  std::stable_sort(busy.begin(), busy.end(), [](const Busy& one, const Busy& other) {
    return one.thread->since < other.thread->since;
  });
  return busy;
}

Markup request_part(const std::string& request) {
  Markup html;
  if (request.empty()) return html << "<span class=\"none\">not known</span>";
  return html << "<code>" << cut(shown(request), kLongestRequest) << "</code>";
}

/// Returns nothing for an empty text: narrow screens leave out empty cells.
Markup code_part(const std::string& text) {
  Markup html;
  if (text.empty()) return html;
  return html << "<code>" << text << "</code>";
}

Markup thread_part(const Busy& busy, Time now) {
  const Thread& thread = *busy.thread;
  const double seconds = now - thread.since;
  Markup html;
  html << "<tr><th scope=\"row\" class=\"long\">" << request_part(thread.request)
       << "</th><td data-is=\"doing\">" << name_of(thread.state)
       << "</td><td class=\"n\" data-is=\"for\">";
  if (seconds >= kLongRequest) {
    html << "<b class=\"warning\">" << span(seconds) << "</b>";
  } else {
    html << span(seconds);
  }
  html << "</td><td class=\"wide\" data-is=\"module\">" << thread.module
       << "</td><td data-is=\"generation\">" << code_part(thread.generation)
       << "</td><td class=\"n\" data-is=\"process\">" << busy.worker->pid
       << "</td><td class=\"n\" data-is=\"thread\">" << thread.number
       << "</td><td class=\"id wide\" data-is=\"request id\">" << code_part(thread.id)
       << "</td></tr>\n";
  return html;
}

/// Returns a row for stack and file of a crash, as wide as the table.
Markup place_part(const Crash& crash) {
  Markup html;
  if (crash.stack.empty() && crash.file.empty()) return html;
  html << "<tr class=\"place\"><td class=\"more\" colspan=\"8\">";
  for (const std::string& frame : crash.stack) html << "<code>" << frame << "</code><br>";
  if (!crash.file.empty()) html << "<small>report: <code>" << crash.file << "</code></small>";
  return html << "</td></tr>\n";
}

Markup crash_part(const Crash& crash, Time now) {
  Markup html;
  html << "<tr><th scope=\"row\" class=\"long\">" << request_part(crash.request)
       << "</th><td class=\"chip\"><span class=\"warning\">" << crash.signal
       << "</span></td><td class=\"n\" data-is=\"times\">" << count(crash.count)
       << "</td><td data-is=\"last\">" << time_part(crash.at, now) << "</td><td data-is=\"first\">"
       << time_part(crash.first, now) << "</td><td class=\"wide\" data-is=\"module\">"
       << crash.module << "</td><td data-is=\"generation\">" << code_part(crash.generation)
       << "</td><td class=\"n\" data-is=\"process\">" << crash.pid << "</td></tr>\n"
       << place_part(crash);
  return html;
}

}  // namespace

Markup processes_part(const Overview& overview) {
  Markup html;
  if (overview.workers.empty()) return html;
  html << "<section id=\"processes\">\n<h2>Processes</h2>\n<div class=\"scroll\"><table "
          "class=\"cards\">\n<thead><tr>"
          "<th>pid</th><th>state</th><th>started</th><th class=\"n\">requests</th>"
          "<th class=\"n\">errors</th><th class=\"n\">connections</th>"
          "<th class=\"n\">waiting</th><th class=\"n\">memory</th>"
          "<th>threads</th></tr></thead>\n<tbody>\n";
  for (const Worker& worker : overview.workers) html << worker_part(worker, overview.at);
  return html << "</tbody>\n</table></div>\n</section>\n";
}

Markup threads_part(const Overview& overview) {
  Markup html;
  html << "<section id=\"threads\">\n<h2>Requests now</h2>\n";
  const auto busy = busy_in(overview);
  if (busy.empty()) return html << "<p class=\"none\">All threads are idle.</p>\n</section>\n";
  html << "<div class=\"scroll\"><table "
          "class=\"cards\">\n<thead><tr><th>request</th><th>doing</th><th class=\"n\">for"
          "</th><th>module</th><th>generation</th><th class=\"n\">process</th>"
          "<th class=\"n\">thread</th><th>request id</th></tr></thead>\n<tbody>\n";
  for (const Busy& one : busy) html << thread_part(one, overview.at);
  return html << "</tbody>\n</table></div>\n</section>\n";
}

Markup crashes_part(const Overview& overview) {
  Markup html;
  if (overview.crashes.empty()) return html;
  html
      << "<section id=\"crashes\">\n<h2>Crashes</h2>\n<div class=\"scroll\"><table "
         "class=\"cards\">\n<thead><tr>"
         "<th>last request</th><th>signal</th><th class=\"n\">times</th><th>last</th><th>first</th>"
         "<th>module</th><th>generation</th><th class=\"n\">process</th></tr></thead>\n<tbody>\n";
  for (const Crash& crash : overview.crashes) html << crash_part(crash, overview.at);
  return html << "</tbody>\n</table></div>\n</section>\n";
}

}  // namespace shoal::status
