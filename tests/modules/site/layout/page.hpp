#pragma once

#include <array>
#include <string>

#include "shoal/module.hpp"

namespace site {

/// The base class of all screens. Each answer names the version of everything that took part in it:
/// `layout 1`, `index 1`, `menu 1`, `layout 1`.
class SHOAL_EXPORT Page : public shoal::Module {
 public:
  explicit Page(std::string screen);
  void handle(shoal::Request& request, shoal::Response& response) final;

 protected:
  /// What a screen does before it is shown; most have nothing to do.
  virtual void prepare(shoal::Request& request);

  /// The version that the screen itself was compiled with.
  virtual int version() const = 0;

 private:
#if VERSION > 1
  // Another layout: a screen of version 1 upon a base of version 2 would do worse than look wrong.
  std::array<std::string, 8> more_{};
#endif
  std::string screen_;
};

}  // namespace site
