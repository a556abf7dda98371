#include "site/layout/page.hpp"

namespace {

class Index final : public site::Page {
 public:
  Index() : Page("index") {}

 private:
  int version() const override { return VERSION; }
};

}  // namespace

SHOAL_MODULE(Index)
