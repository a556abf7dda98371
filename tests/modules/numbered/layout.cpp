#include "numbered/layout.hpp"

#include "numbered/number.hpp"

namespace numbered {

void Layout::handle(shoal::Request& request, shoal::Response& response) {
  response.text("layout " + number() + "\n");
  response.write(line());
  request.include("numbered.menu", response);
  response.write("layout " + number() + "\n");
}

}  // namespace numbered
