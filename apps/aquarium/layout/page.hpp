#pragma once

#include <shoal/module.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace aquarium::layout {

/// What every screen derives from. The page answers the request; the screen says what is special
/// about it. Head, navigation and footer exist here only, so a change of them reaches every screen
/// with the next generation, and no screen is compiled again.
///
/// One object answers many requests at once: a screen keeps nothing of a request in its members.
class SHOAL_EXPORT Page : public shoal::Module {
 public:
  explicit Page(shoal::Context& context) : context_(context) {}

  /// 404 for paths below the screen, 405 for methods it does not take, else the whole page.
  void handle(shoal::Request& request, shoal::Response& response) final;

 protected:
  /// Plain text; stands in the browser's tab and above the content.
  virtual std::string title() const = 0;

  /// The inner HTML of <main>, written to `response`.
  virtual void content(shoal::Request& request, shoal::Response& response) = 0;

  /// The methods that the screen takes.
  virtual std::vector<std::string_view> methods() const { return {"GET", "HEAD"}; }

  /// What has to happen before anything is shown. False: the answer is complete, say a redirect,
  /// and no page is written.
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
