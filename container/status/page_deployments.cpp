#include "status/deployments.hpp"
#include "status/page_parts.hpp"

namespace shoal::status {
namespace {

constexpr std::size_t kMostDeployments = 20;

Markup deployer_part(const Deployer& deployer, Time now) {
  Markup html;
  html << "<p id=\"deployer\" class=\"none\">The deployer is process " << deployer.pid
       << ", started " << time_part(deployer.started, now);
  if (!deployer.watching.empty()) html << ", and watches " << deployer.watching;
  html << ".";
  if (!deployer.answers && deployer.state == Deployer::State::kWorking) {
    html << " <b class=\"warning\">It does not answer.</b> Last answer: "
         << time_part(deployer.heard, now) << ".";
  } else if (!deployer.answers) {
    html << std::string_view(deployer.state == Deployer::State::kStarting
                                 ? " It is starting."
                                 : " It has ended, and another one is to start.");
  }
  return html << "</p>\n";
}

Markup known_part(const std::string& text) {
  Markup html;
  if (text.empty()) return html << "<span class=\"none\">–</span>";
  return html << text;
}

/// Returns a row for the reason, as wide as the table.
Markup reason_part(const Deployment& deployment) {
  Markup html;
  const auto lines = shown_lines(deployment.reason);
  if (lines.empty()) return html;
  html << "<tr class=\"place\"><td class=\"more\" colspan=\"7\">";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) html << "<br>";
    html << lines[i];
  }
  return html << "</td></tr>\n";
}

Markup deployment_part(const GroupDeployment& one, Time now) {
  const Deployment& deployment = one.deployment;
  const std::string release = deployment.release == 0 ? "" : std::to_string(deployment.release);
  Markup html;
  html << "<tr><th scope=\"row\">" << one.group << "</th><td class=\"chip\"><span class=\""
       << style_of(one.outcome.level) << "\">" << one.outcome.words
       << "</span></td><td data-is=\"when\">" << time_part(deployment.at, now)
       << "</td><td class=\"n\" data-is=\"release\">" << known_part(release)
       << "</td><td data-is=\"generation\">" << known_part(deployment.generation)
       << "</td><td data-is=\"by\">" << known_part(deployment.by)
       << "</td><td class=\"n\" data-is=\"took\">"
       << known_part(deployment.took > 0 ? span(deployment.took) : "") << "</td></tr>\n"
       << reason_part(deployment);
  return html;
}

}  // namespace

Markup deployments_part(const Overview& overview) {
  Markup html;
  const auto deployments = last_deployments(overview, kMostDeployments);
  if (deployments.empty() && !overview.deployer) return html;
  html << "<section id=\"deployments\">\n<h2>Deployments</h2>\n";
  if (overview.deployer) html << deployer_part(*overview.deployer, overview.at);
  if (deployments.empty()) return html << "</section>\n";
  html << "<div class=\"scroll\"><table class=\"cards\">\n<thead><tr><th>group</th>"
          "<th>verdict</th><th>when</th><th class=\"n\">release</th><th>generation</th>"
          "<th>by</th><th class=\"n\" title=\"from the last change of a file to the verdict\">"
          "took</th></tr></thead>\n<tbody>\n";
  for (const auto& one : deployments) html << deployment_part(one, overview.at);
  return html << "</tbody>\n</table></div>\n</section>\n";
}

}  // namespace shoal::status
