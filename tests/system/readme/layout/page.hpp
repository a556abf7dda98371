#pragma once

#include <shoal/module.hpp>
#include <string>

namespace site::layout {

/// What every screen derives from: writes what all of them share around what each of them shows.
class SHOAL_EXPORT Page : public shoal::Module {
 public:
  void handle(shoal::Request& request, shoal::Response& response) final;

 protected:
  virtual std::string title() const = 0;

  virtual void content(shoal::Request& request, shoal::Response& response) = 0;

  /// Before anything is shown. False: the answer is complete, show nothing.
  virtual bool before(shoal::Request& request, shoal::Response& response);
};

}  // namespace site::layout
