#include "layout/page.hpp"

namespace site::layout {

void Page::handle(shoal::Request& request, shoal::Response& response) {
  if (!request.path_info().empty() && request.path_info() != "/") return response.error(404);
  if (!before(request, response)) return;

  const std::string text = shoal::escape_html(title());
  response.html("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
  response.write("<title>" + text + "</title>\n<h1>" + text + "</h1>\n");
  content(request, response);
  response.write("<footer>The site of the shoal</footer>\n</html>\n");
}

bool Page::before(shoal::Request&, shoal::Response&) { return true; }

}  // namespace site::layout
