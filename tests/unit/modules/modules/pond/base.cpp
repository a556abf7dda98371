#include "base.hpp"

namespace pond {

void Base::handle(shoal::Request&, shoal::Response& response) {
  response.text(name() + " on base " + std::to_string(VERSION));
}

}  // namespace pond
