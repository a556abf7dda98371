#include "layout/page.hpp"

namespace {

class Index final : public site::layout::Page {
  std::string title() const override { return "Welcome"; }

  void content(shoal::Request& request, shoal::Response& response) override {
    response.write("<p>Sign the <a href=\"/guestbook\">guest book</a>.</p>\n");
    request.include("site.widget.clock", response);
  }
};

}  // namespace

SHOAL_MODULE(Index)
