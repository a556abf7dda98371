#include <deque>
#include <mutex>

#include "layout/page.hpp"

namespace {

constexpr std::size_t kLongestName = 80;  // bytes
constexpr std::size_t kMostNames = 100;

class Guestbook final : public site::layout::Page {
  std::string title() const override { return "Guest book"; }

  bool before(shoal::Request& request, shoal::Response& response) override {
    if (request.method() == "GET" || request.method() == "HEAD") return true;
    if (request.method() != "POST") {
      response.error(405);
      response.header("Allow", "GET, HEAD, POST");
      return false;
    }
    const std::string name = request.form("name").value_or("");
    if (!complaint(name).empty()) {
      response.status(422);
      return true;  // content() shows the form again, with the complaint
    }
    sign(name);
    response.redirect("/guestbook", 303);  // a refresh does not sign twice
    return false;
  }

  void content(shoal::Request& request, shoal::Response& response) override {
    std::string name;
    if (request.method() == "POST") {
      name = request.form("name").value_or("");
      response.write("<p role=\"alert\">" + complaint(name) + "</p>\n");
    }
    response.write("<form method=\"post\">\n<label>Name <input name=\"name\" value=\"" +
                   shoal::escape_html(name) +
                   "\"></label>\n<button>Sign</button>\n</form>\n<ul>\n");
    for (const std::string& guest : guests()) {
      response.write("<li>" + shoal::escape_html(guest) + "</li>\n");
    }
    response.write("</ul>\n");
  }

  static std::string complaint(const std::string& name) {
    if (name.empty()) return "Please tell us your name.";
    if (name.size() > kLongestName) return "Please use a shorter name.";
    return {};
  }

  void sign(const std::string& name) {
    const std::lock_guard lock(mutex_);
    guests_.push_back(name);
    if (guests_.size() > kMostNames) guests_.pop_front();
  }

  // Returns a copy, so that the mutex is not held while the answer is written.
  std::deque<std::string> guests() {
    const std::lock_guard lock(mutex_);
    return guests_;
  }

  std::mutex mutex_;
  std::deque<std::string> guests_;
};

}  // namespace

SHOAL_MODULE(Guestbook)
