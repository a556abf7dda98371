#include "layout/page.hpp"

namespace aquarium::screen {

class About final : public layout::Page {
 public:
  using Page::Page;

 private:
  std::string title() const override { return "About"; }

  void content(shoal::Request&, shoal::Response& response) override {
    response.write(
        "<p>Aquarium was a web framework in Python that kept its processes alive between requests. "
        "Its author wanted to change a file and see the change, without a restart, and wrote down "
        "what did not work:</p>\n"
        "<dl>\n"
        "<dt>Drop every module on every request</dt><dd>Some modules have state.</dd>\n"
        "<dt>Drop only what is stale</dt>\n"
        "<dd>A parent class is replaced, its children in other modules keep the old parent.</dd>\n"
        "<dt>Follow references to find the children</dt>\n"
        "<dd>They refer to the class, not to its module.</dd>\n"
        "</dl>\n"
        "<p>What did work: name the modules that belong together, and replace them together as "
        "soon "
        "as one of them is stale. This page is such a module. Its frame is a base class in another "
        "one, <code>aquarium.layout.page</code>; when that changes, this page shows it, although "
        "its own file is the same as before.</p>\n");
  }
};

}  // namespace aquarium::screen

SHOAL_MODULE(aquarium::screen::About)
