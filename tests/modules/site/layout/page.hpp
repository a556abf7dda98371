#pragma once

#include <array>
#include <string>

#include "shoal/module.hpp"

namespace site {

/// The base class of all screens. Each answer has the versions of all modules that have written it:
/// `layout 1`, `index 1`, `menu 1`, `layout 1`.
class SHOAL_EXPORT Page : public shoal::Module {
 public:
  explicit Page(std::string screen);
  void handle(shoal::Request& request, shoal::Response& response) final;

 protected:
  /// Called before the screen is written. Does nothing by default.
  virtual void prepare(shoal::Request& request);

  /// Returns the version of the screen.
  virtual int version() const = 0;

 private:
#if VERSION > 1
  // Changes the size of the class, so that a screen of version 1 crashes with a base of version 2.
  std::array<std::string, 8> more_{};
#endif
  std::string screen_;
};

}  // namespace site
