#include "status/page.hpp"

#include "status/enum_names.hpp"
#include "status/page_parts.hpp"

namespace shoal::status {
namespace {

/// Returns an icon with colour and shape of the health, for the tab of the browser.
std::string_view icon_of(Level level) {
  if (level == Level::kBroken) {
    return "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
           "%3Crect x='2' y='2' width='12' height='12' rx='2' fill='%23d3343b'/%3E%3C/svg%3E";
  }
  if (level == Level::kWarning) {
    return "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
           "%3Cpath d='M8 1l7 13H1z' fill='%23d98c00'/%3E%3C/svg%3E";
  }
  return "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
         "%3Ccircle cx='8' cy='8' r='6' fill='%232f9e5b'/%3E%3C/svg%3E";
}

Markup head_part(const Overview& overview) {
  const Health health = health_of(overview);
  Markup html;
  html << "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"robots\" content=\"noindex\">\n<title>"
       << health.headline << " · Shoal</title>\n<link id=\"icon\" rel=\"icon\" href=\""
       << icon_of(health.level) << "\">\n<style>";
  html.trusted(kPageStyle) << "</style>\n</head>\n";
  return html;
}

Markup banner_part(const Overview& overview) {
  Markup html;
  html << "<header>\n<h1>Shoal <small>" << overview.version << "</small></h1>\n<p>"
       << name_of(overview.state) << ", started " << time_part(overview.started, overview.at)
       << "</p>\n<p class=\"path\">" << overview.config << "</p>\n</header>\n";
  return html;
}

Markup foot_part(const Overview& overview) {
  Markup html;
  html << "<footer>\n<p>As of <time datetime=\"" << iso_utc(overview.at) << "\">"
       << utc(overview.at) << "</time>, pid " << overview.pid;
  for (const std::string& name : overview.listen) html << ", <code>" << name << "</code>";
  html << "</p>\n<p><a href=\"?json\">JSON</a> <a href=\"?openmetrics\">OpenMetrics</a></p>\n"
          "</footer>\n";
  return html;
}

}  // namespace

std::string page(const Overview& overview) {
  Markup html;
  html << head_part(overview) << "<body>\n<p id=\"gone\" role=\"alert\" hidden></p>\n<main>\n"
       << banner_part(overview) << health_part(overview) << numbers_part(overview)
       << groups_part(overview) << deployments_part(overview) << threads_part(overview)
       << processes_part(overview) << crashes_part(overview) << modules_part(overview)
       << foot_part(overview)
       << "</main>\n<noscript><p>Without JavaScript this page does not update itself: reload "
          "it.</p></noscript>\n<script>";
  html.trusted(kPageScript) << "</script>\n</body>\n</html>\n";
  return html.html();
}

std::string page_policy() {
  std::string policy = "default-src 'none'; style-src '";
  policy.append(kPageStyleHash).append("'; script-src '").append(kPageScriptHash);
  return policy +
         "'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
         "frame-ancestors 'none'";
}

}  // namespace shoal::status
