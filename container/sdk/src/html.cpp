#include "html.hpp"

#include "http_status.hpp"
#include "shoal/response.hpp"

namespace shoal {

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string error_page(int status, std::string_view message) {
  const std::string title = std::to_string(status) + ' ' + std::string(standard_phrase(status));
  std::string page =
      "<!DOCTYPE html>\n"
      "<html lang=\"en\">\n"
      "<head>\n"
      "<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<title>" +
      title +
      "</title>\n"
      "<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;"
      "padding:0 1rem}</style>\n"
      "</head>\n"
      "<body>\n"
      "<h1>" +
      title + "</h1>\n";
  if (!message.empty()) page += "<p>" + escape_html(message) + "</p>\n";
  page += "</body>\n</html>\n";
  return page;
}

}  // namespace shoal
