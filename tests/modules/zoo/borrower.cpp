#include "site/layout/page.hpp"

namespace {

/// A page of another group than its base class.
class Borrower final : public site::Page {
 public:
  Borrower() : Page("borrower") {}

 private:
  int version() const override { return VERSION; }
};

}  // namespace

SHOAL_MODULE(Borrower)
