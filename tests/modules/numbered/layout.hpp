#pragma once

#include <string>

#include "shoal/module.hpp"

namespace numbered {

/// The base class of the pages. Each answer has the numbers of all modules that have written it, as
/// the pages of `site` have their versions.
class SHOAL_EXPORT Layout : public shoal::Module {
 public:
  void handle(shoal::Request& request, shoal::Response& response) final;

 protected:
  /// Returns the line of the page itself.
  virtual std::string line() const = 0;
};

}  // namespace numbered
