#include "numbered/layout.hpp"
#include "numbered/number.hpp"

namespace {

class Page final : public numbered::Layout {
  std::string line() const override { return "page " + number() + "\n"; }
};

}  // namespace

SHOAL_MODULE(Page)
