#pragma once

#include <shoal/module.hpp>
#include <string>

namespace pond {

/// What `pond.left` and `pond.right` derive from.
class SHOAL_EXPORT Base : public shoal::Module {
 public:
  void handle(shoal::Request& request, shoal::Response& response) final;

 protected:
  virtual std::string name() const = 0;
};

}  // namespace pond
