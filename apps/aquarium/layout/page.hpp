#pragma once

#include <shoal/module.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace aquarium::layout {

/// The base class of all screens. It answers the request, and calls the screen for what differs.
/// Only this class has the head, the navigation and the footer. So a change of them shows on all
/// screens with the next generation, and no screen is compiled again.
///
/// One object answers many requests at the same time, so a screen must not keep anything of a
/// request in its members.
class SHOAL_EXPORT Page : public shoal::Module {
 public:
  explicit Page(shoal::Context& context) : context_(context) {}

  /// Answers with the page, with 404 for paths below the screen, or with 405 for other methods.
  void handle(shoal::Request& request, shoal::Response& response) final;

 protected:
  /// Returns the title, in plain text: for the tab of the browser and the heading.
  virtual std::string title() const = 0;

  /// Writes the HTML inside of <main> to `response`.
  virtual void content(shoal::Request& request, shoal::Response& response) = 0;

  /// Returns the methods that the screen accepts.
  virtual std::vector<std::string_view> methods() const { return {"GET", "HEAD"}; }

  /// Called first. Returns false when it has answered the request itself, for example by a
  /// redirect; then no page is written.
  virtual bool before(shoal::Request&, shoal::Response&) { return true; }

  const shoal::Context& context() const { return context_; }

 private:
  void refuse(int status, const std::string& sentence, shoal::Request& request,
              shoal::Response& response) const;
  void head(const std::string& title, shoal::Request& request, shoal::Response& response) const;
  void foot(shoal::Response& response) const;

  const shoal::Context& context_;
};

}  // namespace aquarium::layout
