#include "rendezvous.hpp"
#include "site/layout/page.hpp"

namespace {

/// A screen whose request still runs during a drop: it waits at the rendezvous `?meet=`.
class Patient final : public site::Page {
 public:
  Patient() : Page("patient") {}

 private:
  void prepare(shoal::Request& request) override { rendezvous(request.query("meet").value()); }
  int version() const override { return VERSION; }
};

}  // namespace

SHOAL_MODULE(Patient)
