#include "status/page_parts.hpp"

namespace shoal::status {
namespace {

Markup finding_part(const Finding& finding, Time now) {
  Markup html;
  html << "<li class=\"" << style_of(finding.level) << "\"><p class=\"title\">" << finding.title;
  if (finding.since > 0) html << " <small>" << time_part(finding.since, now) << "</small>";
  html << "</p>";
  const auto lines = shown_lines(finding.detail);
  if (!lines.empty()) html << "<p class=\"detail\">";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) html << "<br>";
    html << lines[i];
  }
  if (!lines.empty()) html << "</p>";
  return html << "</li>\n";
}

Markup number_part(std::string_view title, const std::string& number, const std::string& more) {
  Markup html;
  html << "<div><dt>" << title << "</dt><dd>" << number;
  if (!more.empty()) html << " <small>" << more << "</small>";
  return html << "</dd></div>\n";
}

}  // namespace

Markup health_part(const Overview& overview) {
  const Health health = health_of(overview);
  Markup now, past;
  for (const Finding& finding : health.findings) {
    (finding.past ? past : now) << finding_part(finding, overview.at);
  }
  Markup html;
  html << "<section id=\"health\" class=\"" << style_of(health.level) << "\">\n";
  if (health.level == Level::kGood) html << "<h2>" << health.headline << "</h2>\n";
  if (!now.html().empty()) html << "<ul>\n" << now << "</ul>\n";
  html << "</section>\n";
  if (past.html().empty()) return html;
  return html << "<section id=\"past\">\n<h2>Earlier problems</h2>\n<ul>\n"
              << past << "</ul>\n</section>\n";
}

Markup numbers_part(const Overview& overview) {
  std::uint64_t threads = 0;
  std::uint64_t busy = 0;
  std::uint64_t waiting = 0;
  std::uint64_t connections = 0;
  std::uint64_t resident = 0;
  for (const Worker& worker : overview.workers) {
    threads += worker.most_threads;
    busy += busy_threads(worker);
    waiting += worker.waiting;
    connections += worker.connections;
    resident += worker.resident;
  }
  const Reloads& reloads = overview.reloads;
  Markup html;
  html << "<dl>\n"
       << number_part("requests", count(overview.requests), "")
       << number_part("errors", count(overview.errors), "")
       << number_part("processes", count(workers_in(overview, Worker::State::kServing)),
                      "of " + count(overview.processes_wanted))
       << number_part("busy threads", count(busy), "of " + count(threads))
       << number_part("waiting requests", count(waiting), "")
       << number_part("connections", count(connections), "")
       << number_part("memory", size(resident), "")
       << number_part("crashes", count(overview.crashed), "")
       << number_part("generations", count(overview.generations), "")
       << number_part("configuration reloads", count(reloads.count),
                      reloads.refused > 0 ? count(reloads.refused) + " refused" : "")
       << "</dl>\n";
  return html;
}

Markup time_part(Time at, Time now) {
  Markup html;
  if (at <= 0) return html << "<span class=\"none\">never</span>";
  return html << "<time datetime=\"" << iso_utc(at) << "\" title=\"" << utc(at) << "\">"
              << ago(at, now) << "</time>";
}

std::string_view style_of(Level level) {
  switch (level) {
    case Level::kGood:
      return "good";
    case Level::kNote:
      return "note";
    case Level::kWarning:
      return "warning";
    case Level::kBroken:
      break;
  }
  return "broken";
}

}  // namespace shoal::status
