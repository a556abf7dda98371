// A guest book whose entries stay when this module is replaced, killed or started again: they are
// in the State of its group, not in its object.
//
//   curl -d name=Ada -d 'message=Hello!' http://localhost:8080/guestbook
//
//   modules:
//     guestbook: { title: Guest book, keep: 500 }

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <shoal/module.hpp>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t kLongestName = 80;       // bytes
constexpr std::size_t kLongestMessage = 2000;  // bytes
constexpr std::int64_t kShown = 50;
constexpr int kMostKept = 100'000;

constexpr std::string_view kHead = R"html(<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  :root { color-scheme: light dark }
  body { font: 1.05rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }
  li { padding: .6rem 0; border-top: 1px solid #8885; white-space: pre-line; overflow-wrap: anywhere }
  label { display: block }
  input, textarea { width: 100%; box-sizing: border-box; font: inherit }
  button { font: inherit; margin-top: .5rem }
</style>
)html";

class Guestbook final : public shoal::Module {
 public:
  explicit Guestbook(shoal::Context& context)
      : state_(context.state()),
        title_(shoal::escape_html(context.config().get("title", "Guest book"))),
        keep_(context.config().get("keep", 500)) {
    if (keep_ < 1 || keep_ > kMostKept) {
      throw shoal::ConfigError(context.module() + ": keep is " + std::to_string(keep_) +
                               "; give a number from 1 to " + std::to_string(kMostKept));
    }
  }

  void handle(shoal::Request& request, shoal::Response& response) override {
    if (!request.path_info().empty()) return response.error(404);
    const std::string_view method = request.method();
    if (method == "GET" || method == "HEAD") return show({}, response);
    if (method == "POST") return sign(request, response);
    response.error(405);
    response.header("Allow", "GET, HEAD, POST");
  }

 private:
  struct Entry {
    std::string name;
    std::string message;
    std::string complaint;  // what is wrong with it, if anything
  };

  void sign(shoal::Request& request, shoal::Response& response) {
    Entry entry{request.form("name").value_or(""), request.form("message").value_or(""), {}};
    entry.complaint = complaint(entry);
    if (!entry.complaint.empty()) {
      response.status(422);
      return show(entry, response);
    }
    // Each number is given once, whatever runs at the same time. One whose entry is not there yet,
    // or never came since its process was killed just now, is passed over by `show`.
    const std::int64_t number = state_.add("signed", 1);
    state_.set(key(number), entry.name + '\n' + entry.message);
    for (auto old = number - keep_; old > 0 && state_.erase(key(old)); --old) {
    }
    response.redirect("guestbook", 303);  // a refresh does not sign twice
  }

  static std::string complaint(const Entry& entry) {
    if (entry.name.empty()) return "Please tell us your name.";
    if (entry.name.size() > kLongestName) return "Please use a shorter name.";
    if (entry.name.find('\n') != std::string::npos) return "Please keep your name on one line.";
    if (entry.message.size() > kLongestMessage) return "Please write a shorter message.";
    return {};
  }

  void show(const Entry& draft, shoal::Response& response) {
    const std::int64_t last = signed_so_far();
    response.html(kHead);
    response.write("<title>" + title_ + "</title>\n<h1>" + title_ + "</h1>\n");
    if (!draft.complaint.empty()) {
      response.write("<p role=\"alert\">" + shoal::escape_html(draft.complaint) + "</p>\n");
    }
    response.write("<form method=\"post\">\n<label>Name <input name=\"name\" value=\"" +
                   shoal::escape_html(draft.name) +
                   "\" required></label>\n<label>Message <textarea name=\"message\" rows=\"3\">" +
                   shoal::escape_html(draft.message) +
                   "</textarea></label>\n<button>Sign</button>\n</form>\n");
    response.write("<p>Signed <output>" + std::to_string(last) +
                   "</output> times.</p>\n<ol reversed>\n");
    const std::int64_t shown = std::min<std::int64_t>(kShown, keep_);
    for (std::int64_t number = last; number > std::max<std::int64_t>(0, last - shown); --number) {
      if (!show_entry(number, response)) return;
    }
    response.write("</ol>\n</html>\n");
  }

  /// False once nobody reads on.
  bool show_entry(std::int64_t number, shoal::Response& response) const {
    const auto entry = state_.get(key(number));
    if (!entry) return true;
    const auto end_of_name = entry->find('\n');
    return response.write("<li value=\"" + std::to_string(number) + "\"><strong>" +
                          shoal::escape_html(entry->substr(0, end_of_name)) + "</strong>\n" +
                          shoal::escape_html(entry->substr(end_of_name + 1)) + "</li>\n");
  }

  /// A look, not add(0): who reads waits for nobody who writes.
  std::int64_t signed_so_far() const {
    const std::string text = state_.get("signed").value_or("0");
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }

  static std::string key(std::int64_t number) { return "entry " + std::to_string(number); }

  shoal::State& state_;
  const std::string title_;
  const int keep_;
};

}  // namespace

SHOAL_MODULE(Guestbook)
