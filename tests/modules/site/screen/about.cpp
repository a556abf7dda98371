#include "site/layout/page.hpp"

namespace {

class About final : public site::Page {
 public:
  About() : Page("about") {}

 private:
  int version() const override { return VERSION; }
};

}  // namespace

SHOAL_MODULE(About)
