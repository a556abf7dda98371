// The frame of the aquarium's pages, for pages of other groups. A base class and its children must
// be in one group, so such pages cannot derive from layout::Page. They include this module:
//
//   response.html("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<title>Guest book</title>\n");
//   request.include("aquarium.widget.frame", response);
//   response.write("<main id=\"main\">...</main>\n<footer>...</footer>\n</body>\n</html>\n");
//
// The included part always comes from the current generation of the aquarium. When the style or the
// navigation changes, those pages show it without being compiled or loaded again.

#include "layout/frame.hpp"

#include <shoal/module.hpp>

namespace aquarium::widget {

class Frame final : public shoal::Module {
 public:
  void handle(shoal::Request& request, shoal::Response& response) override {
    response.write(layout::frame(request.path()));
  }
};

}  // namespace aquarium::widget

SHOAL_MODULE(aquarium::widget::Frame)
