#include "base/failure.hpp"

#include <system_error>

namespace shoal::base {

std::string Failure::text() const {
  std::string text = thing;
  if (!fact.empty()) text += (text.empty() ? "" : ": ") + fact;
  if (error != 0) text += " (" + std::generic_category().message(error) + ")";
  if (!remedy.empty()) text += "; " + remedy;
  return text;
}

}  // namespace shoal::base
