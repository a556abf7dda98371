// The first page. Its title is a setting:
//
//   modules:
//     aquarium.screen.index: { title: Welcome }

#include "layout/page.hpp"

namespace aquarium::screen {

class Index final : public layout::Page {
 public:
  explicit Index(shoal::Context& context)
      : Page(context), title_(context.config().get("title", "Welcome")) {}

 private:
  std::string title() const override { return title_; }

  void content(shoal::Request& request, shoal::Response& response) override {
    response.write(
        "<p>These pages are C++ modules in a running server. Replace one of them, and its whole "
        "shoal turns at once: the next request is answered by new code, and no request is "
        "lost.</p>\n");
    request.include("aquarium.widget.tank", response);
    response.write(
        "<h2>See it happen</h2>\n"
        "<ol>\n<li>Change the motto in <code>apps/aquarium/layout/page.cpp</code>: every page "
        "derives from the class in it.</li>\n"
        "<li>Build it: <code>cmake --build build/release</code></li>\n"
        "<li>Refresh. The motto at the foot of each page is new, and a fish has joined.</li>\n"
        "</ol>\n"
        "<h2>More modules</h2>\n"
        "<dl>\n<dt><a href=\"/hello?name=Ada\">/hello?name=Ada</a></dt>\n"
        "<dd>one file with two settings; a group of its own</dd>\n"
        "<dt><a href=\"/stream?lines=20\">/stream?lines=20</a></dt>\n"
        "<dd>a long answer that stops when you leave</dd>\n"
        "<dt><a href=\"/guestbook\">/guestbook</a></dt>\n"
        "<dd>keeps its entries through reloads and restarts; a group of its own that includes this "
        "frame</dd>\n"
        "<dt><a href=\"/upload\">/upload</a></dt>\n"
        "<dd>reads large files in small pieces</dd>\n</dl>\n");
  }

  const std::string title_;
};

}  // namespace aquarium::screen

SHOAL_MODULE(aquarium::screen::Index)
