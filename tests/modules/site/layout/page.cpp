#include "site/layout/page.hpp"

namespace site {
namespace {

const std::string kLayout = "layout " + std::to_string(VERSION) + "\n";

}  // namespace

Page::Page(std::string screen) : screen_(std::move(screen)) {}

void Page::prepare(shoal::Request&) {}

void Page::handle(shoal::Request& request, shoal::Response& response) {
  response.text(kLayout);
  prepare(request);
  response.write(screen_ + " " + std::to_string(version()) + "\n");
  request.include("site.widget.menu", response);
  response.write(kLayout);
}

}  // namespace site
