// The frame of the aquarium's pages, for pages of other groups. A base class and its children must
// be in one group, so those cannot derive from layout::Page; they include this module instead:
//
//   response.html("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<title>Guest book</title>\n");
//   request.include("aquarium.widget.frame", response);
//   response.write("<main id=\"main\">...</main>\n<footer>...</footer>\n</body>\n</html>\n");
//
// An included part is always that of the aquarium that serves now: when the style or the navigation
// changes, those pages show it, and are neither compiled nor loaded again.

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
