#include "status/deployments.hpp"
#include "status/page_parts.hpp"

namespace shoal::status {
namespace {

Markup generation_part(const std::string& generation) {
  Markup html;
  if (generation.empty()) return html << "<span class=\"none\">none</span>";
  return html << "<code>" << generation << "</code>";
}

Markup number_part(std::uint64_t number) {
  Markup html;
  if (number == 0) return html << "<span class=\"none\">0</span>";
  return html << count(number);
}

/// Marks the number of errors if it is at least 1 % of the requests.
Markup errors_part(const Group& group) {
  if (group.errors == 0 || group.errors < group.requests / 100) return number_part(group.errors);
  Markup html;
  return html << "<b class=\"warning\">" << count(group.errors) << "</b>";
}

Markup quantile_part(const Histogram& latency, double share) {
  Markup html;
  if (latency.count() == 0) return html << "<span class=\"none\">–</span>";
  return html << duration(latency.quantile(share));
}

Markup module_part(const Module& module) {
  Markup html;
  html << "<tr><th scope=\"row\">" << module.name << "</th><td class=\"chip\">"
       << std::string_view(module.handler ? "handler" : "library")
       << "</td><td class=\"more\" data-is=\"file\"><code>" << module.file
       << "</code></td><td class=\"more\" data-is=\"build-id\">";
  if (module.build_id.empty()) return html << "<span class=\"none\">none</span></td></tr>\n";
  return html << "<code class=\"id\">" << module.build_id << "</code></td></tr>\n";
}

Markup drop_part(const Group& group, Time now) {
  Markup html;
  if (!group.drop) return html << "<span class=\"none\">none</span>";
  const Outcome outcome = outcome_of_drop(group);
  if (outcome.level == Level::kWarning) {
    html << "<b class=\"warning\">" << outcome.words << "</b> ";
  } else {
    html << outcome.words << " ";
  }
  return html << time_part(group.drop->at, now);
}

Markup group_part(const Group& group, Time now) {
  const Condition condition = condition_of(group);
  Markup html;
  html << "<tr id=\"group-" << group.name << "\"><th scope=\"row\">" << group.name << "</th>"
       << "<td class=\"chip\"><span class=\"" << style_of(condition.level) << "\">"
       << condition.words << "</span></td><td data-is=\"generation\">"
       << generation_part(group.generation) << "</td><td class=\"n\" data-is=\"made\">"
       << number_part(group.generations) << "</td><td data-is=\"loaded\">"
       << time_part(group.loaded, now) << "</td><td data-is=\"last drop\">" << drop_part(group, now)
       << "</td><td class=\"n\" data-is=\"requests\">" << number_part(group.requests)
       << "</td><td class=\"n\" data-is=\"errors\">" << errors_part(group)
       << "</td><td class=\"n\" data-is=\"p50\">" << quantile_part(group.latency, 0.5)
       << "</td><td class=\"n\" data-is=\"p99\">" << quantile_part(group.latency, 0.99)
       << "</td><td class=\"n aside\" data-is=\"modules\">" << number_part(group.modules.size())
       << "</td></tr>\n";
  return html;
}

}  // namespace

Markup groups_part(const Overview& overview) {
  Markup html;
  if (overview.groups.empty()) return html;
  html << "<section id=\"groups\">\n<h2>Groups</h2>\n<div class=\"scroll\"><table "
          "class=\"cards\">\n<thead><tr>"
          "<th>group</th><th>condition</th><th>generation</th>"
          "<th class=\"n\" title=\"generations made since the container started\">made</th>"
          "<th>loaded</th><th>last drop</th>"
          "<th class=\"n\">requests</th><th class=\"n\">errors</th>"
          "<th class=\"n\" title=\"half of the requests took at most this long\">p50</th>"
          "<th class=\"n\" title=\"99 of 100 requests took at most this long\">p99</th>"
          "<th class=\"n\">modules</th></tr></thead>\n<tbody>\n";
  for (const Group& group : overview.groups) html << group_part(group, overview.at);
  return html << "</tbody>\n</table></div>\n</section>\n";
}

Markup modules_part(const Overview& overview) {
  Markup html;
  html << "<section id=\"modules\">\n<h2>Modules</h2>\n";
  for (const Group& group : overview.groups) {
    html << "<details id=\"modules-" << group.name << "\"><summary><b>" << group.name << "</b> "
         << count_of(group.modules.size(), "module")
         << std::string_view(group.swept ? "" : ", pinned")
         << "</summary>\n<div class=\"scroll\"><table "
            "class=\"cards\"><thead><tr><th>module</th><th>kind</th>"
            "<th>file</th><th>build-id</th></tr></thead>\n<tbody>\n";
    for (const Module& module : group.modules) html << module_part(module);
    html << "</tbody></table></div></details>\n";
  }
  return html << "</section>\n";
}

}  // namespace shoal::status
