#include "layout/page.hpp"

#include <algorithm>

#include "layout/style.hpp"
#include "navigation/menu.hpp"

namespace aquarium::layout {
namespace {

// Stands at the foot of every screen. Change it, rebuild, refresh /about.
constexpr std::string_view kMotto = "Changed while it swims.";

// The pages bring all they need with them: whatever else a browser might be talked into is refused.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'";

constexpr std::string_view kIcon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'%3E"
    "%3Cellipse cx='42' cy='50' rx='38' ry='24' fill='%230a7a96'/%3E"
    "%3Cpath d='M72 50 98 28v44z' fill='%230a7a96'/%3E"
    "%3Ccircle cx='22' cy='45' r='5' fill='%23fff'/%3E%3C/svg%3E";

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
  // /about/nobody arrives at `about` too, with /nobody left over: a screen has nothing below it.
  if (!request.path_info().empty() && request.path_info() != "/") {
    return response.error(404, "Nothing swims here.");
  }
  const auto allowed = methods();
  if (std::ranges::find(allowed, request.method()) == allowed.end()) {
    response.error(405);
    response.header("Allow", joined(allowed));
    return;
  }
  if (!before(request, response)) return;

  response.header("Content-Security-Policy", kPolicy);
  response.header("Cache-Control", "no-cache");
  head(response);
  response.write(navigation::menu(request.path()));
  response.write("</header>\n<main id=\"main\">\n<h1>" + shoal::escape_html(title()) + "</h1>\n");
  content(request, response);
  foot(response);
}

void Page::head(shoal::Response& response) const {
  const std::string text = shoal::escape_html(title());
  response.html("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
  response.write("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
  response.write("<title>" + text + " · Aquarium</title>\n");
  response.write("<link rel=\"icon\" href=\"" + std::string(kIcon) + "\">\n");
  response.write("<style>" + std::string(style()) + "</style>\n</head>\n<body>\n");
  response.write("<a class=\"skip\" href=\"#main\">Skip to content</a>\n");
  response.write("<header>\n<p class=\"brand\">Aquarium</p>\n");
}

void Page::foot(shoal::Response& response) const {
  response.write("</main>\n<footer>\n<p>" + std::string(kMotto) + "</p>\n");
  response.write("<p>Answered by generation <strong>" + std::to_string(context_.generation()) +
                 "</strong> of group <strong>" + shoal::escape_html(context_.group()) +
                 "</strong></p>\n</footer>\n</body>\n</html>\n");
}

}  // namespace aquarium::layout
