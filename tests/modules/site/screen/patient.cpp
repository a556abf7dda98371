#include "rendezvous.hpp"
#include "site/layout/page.hpp"

namespace {

/// A screen that is still at work while things are dropped: `?meet=` is where it waits.
class Patient final : public site::Page {
 public:
  Patient() : Page("patient") {}

 private:
  void prepare(shoal::Request& request) override { rendezvous(request.query("meet").value()); }
  int version() const override { return VERSION; }
};

}  // namespace

SHOAL_MODULE(Patient)
