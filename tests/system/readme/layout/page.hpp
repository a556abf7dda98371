#pragma once

#include <shoal/module.hpp>
#include <string>

namespace site::layout {

/// The base class of all pages. It writes what all pages share, and calls `content` for the rest.
class SHOAL_EXPORT Page : public shoal::Module {
 public:
  void handle(shoal::Request& request, shoal::Response& response) final;

 protected:
  virtual std::string title() const = 0;

  virtual void content(shoal::Request& request, shoal::Response& response) = 0;

  /// Called first. Returns false when it has answered the request itself.
  virtual bool before(shoal::Request& request, shoal::Response& response);
};

}  // namespace site::layout
