#include "layout/page.hpp"

#include <algorithm>

#include "layout/frame.hpp"

namespace aquarium::layout {
namespace {

// In the footer of every screen. Change it, rebuild, and refresh /about.
constexpr std::string_view kMotto = "Changed while it swims.";

// The pages contain all that they need, so the browser may load nothing else.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'";

std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

}  // namespace

void Page::handle(shoal::Request& request, shoal::Response& response) {
  // A request for /about/us reaches `about` too, with the path_info /us. Screens have no such
  // pages.
  if (!request.path_info().empty() && request.path_info() != "/") {
    return refuse(404, "Nothing swims here.", request, response);
  }
  const auto allowed = methods();
  if (std::ranges::find(allowed, request.method()) == allowed.end()) {
    response.header("Allow", joined(allowed));
    return refuse(405, "This page takes " + joined(allowed) + " only.", request, response);
  }
  if (!before(request, response)) return;
  head(title(), request, response);
  content(request, response);
  foot(response);
}

void Page::refuse(int status, const std::string& sentence, shoal::Request& request,
                  shoal::Response& response) const {
  response.status(status);
  head(status == 404 ? "Not found" : "Not possible", request, response);
  response.write("<p>" + shoal::escape_html(sentence) + "</p>\n");
  foot(response);
}

void Page::head(const std::string& title, shoal::Request& request,
                shoal::Response& response) const {
  const std::string text = shoal::escape_html(title);
  response.header("Content-Security-Policy", kPolicy);
  response.header("Cache-Control", "no-cache");
  response.html("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
  response.write("<title>" + text + " · Aquarium</title>\n" + frame(request.path()));
  response.write("<main id=\"main\">\n<h1>" + text + "</h1>\n");
}

void Page::foot(shoal::Response& response) const {
  response.write("</main>\n<footer>\n<p>" + std::string(kMotto) + "</p>\n");
  response.write("<p>Answered by generation <strong>" + std::to_string(context_.generation()) +
                 "</strong> of group <strong>" + shoal::escape_html(context_.group()) +
                 "</strong></p>\n</footer>\n</body>\n</html>\n");
}

}  // namespace aquarium::layout
