#include "layout/frame.hpp"

#include "layout/style.hpp"
#include "navigation/menu.hpp"

namespace aquarium::layout {
namespace {

constexpr std::string_view kIcon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'%3E"
    "%3Cellipse cx='42' cy='50' rx='38' ry='24' fill='%230a7a96'/%3E"
    "%3Cpath d='M72 50 98 28v44z' fill='%230a7a96'/%3E"
    "%3Ccircle cx='22' cy='45' r='5' fill='%23fff'/%3E%3C/svg%3E";

}  // namespace

std::string frame(std::string_view current) {
  std::string html =
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"";
  html += kIcon;
  html += "\">\n<style>";
  html += style();
  html +=
      "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to content</a>\n"
      "<header>\n<p class=\"brand\">Aquarium</p>\n";
  html += navigation::menu(current);
  html += "</header>\n";
  return html;
}

}  // namespace aquarium::layout
