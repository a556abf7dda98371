#include "site/layout/page.hpp"

namespace {

/// A page whose base class is in another group.
class Borrower final : public site::Page {
 public:
  Borrower() : Page("borrower") {}

 private:
  int version() const override { return VERSION; }
};

}  // namespace

SHOAL_MODULE(Borrower)
