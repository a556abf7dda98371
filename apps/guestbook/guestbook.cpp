// A guest book whose entries survive reloads, crashes and restarts: they are in the State of its
// group, not in its object. Its page looks like those of the aquarium, which is another group,
// because it includes a part of them: see `begin`.
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

// Adds rules to the style sheet of the frame, which defines the variable.
constexpr std::string_view kStyle = R"html(<style>
  ol { padding: 0; list-style: none }
  ol li {
    padding: .6rem 0; border-top: 1px solid var(--line, #8885);
    white-space: pre-line; overflow-wrap: anywhere;
  }
</style>
)html";

class Guestbook final : public shoal::Module {
 public:
  explicit Guestbook(shoal::Context& context)
      : context_(context),
        state_(context.state()),
        title_(shoal::escape_html(context.config().get("title", "Guest book"))),
        keep_(context.config().get("keep", 500)) {
    if (keep_ < 1 || keep_ > kMostKept) {
      throw shoal::ConfigError(context.module() + ": keep is " + std::to_string(keep_) +
                               "; give a number from 1 to " + std::to_string(kMostKept));
    }
  }

  void handle(shoal::Request& request, shoal::Response& response) override {
    if (!request.path_info().empty())
      return refuse(404, "Not found", "There is nothing below the guest book.", request, response);
    const std::string_view method = request.method();
    if (method == "GET" || method == "HEAD") return show({}, request, response);
    if (method == "POST") return sign(request, response);
    response.header("Allow", "GET, HEAD, POST");
    refuse(405, "Not possible", "The guest book takes GET, HEAD and POST only.", request, response);
  }

 private:
  struct Entry {
    std::string name;
    std::string message;
    std::string complaint;  // what is wrong with it; empty when it is valid
  };

  void sign(shoal::Request& request, shoal::Response& response) {
    Entry entry{request.form("name").value_or(""), request.form("message").value_or(""), {}};
    entry.complaint = complaint(entry);
    if (!entry.complaint.empty()) {
      response.status(422);
      return show(entry, request, response);
    }
    // Each number is used once, also when several requests run at the same time. `show` skips a
    // number without an entry: it is not stored yet, or its process was killed before it was
    // stored.
    const std::int64_t number = state_.add("signed", 1);
    state_.set(key(number), entry.name + '\n' + entry.message);
    for (auto old = number - keep_; old > 0 && state_.erase(key(old)); --old) {
    }
    response.redirect("?signed=1", 303);  // a refresh does not sign twice
  }

  static std::string complaint(const Entry& entry) {
    if (entry.name.empty()) return "Please tell us your name.";
    if (entry.name.size() > kLongestName) return "Please use a shorter name.";
    if (entry.name.find('\n') != std::string::npos) return "Please keep your name on one line.";
    if (entry.message.size() > kLongestMessage) return "Please write a shorter message.";
    return {};
  }

  void show(const Entry& draft, shoal::Request& request, shoal::Response& response) {
    const std::int64_t last = signed_so_far();
    begin(title_, request, response);
    if (!draft.complaint.empty()) {
      response.write("<p class=\"note wrong\" role=\"alert\">" +
                     shoal::escape_html(draft.complaint) + "</p>\n");
    } else if (request.query("signed")) {
      response.write("<p class=\"note\" role=\"status\">Thank you for signing.</p>\n");
    }
    response.write(
        "<form method=\"post\" action=\"?\">\n<p><label for=\"name\">Name</label>\n"
        "<input id=\"name\" name=\"name\" autocomplete=\"name\" required value=\"" +
        shoal::escape_html(draft.name) +
        "\"></p>\n<p><label for=\"message\">Message</label>\n"
        "<textarea id=\"message\" name=\"message\" rows=\"3\">\n" +
        shoal::escape_html(draft.message) +
        "</textarea></p>\n<p><button>Sign</button></p>\n</form>\n");
    response.write("<p>Signed <output>" + std::to_string(last) +
                   "</output> times.</p>\n<ol reversed>\n");
    const std::int64_t shown = std::min<std::int64_t>(kShown, keep_);
    for (std::int64_t number = last; number > std::max<std::int64_t>(0, last - shown); --number) {
      if (!show_entry(number, response)) return;
    }
    response.write("</ol>\n");
    end(response);
  }

  void refuse(int status, const std::string& title, const std::string& sentence,
              shoal::Request& request, shoal::Response& response) const {
    response.status(status);
    begin(title, request, response);
    response.write("<p>" + sentence + "</p>\n");
    end(response);
  }

  /// Writes the page up to its heading. This class cannot derive from a class of the aquarium,
  /// because a base class and its children must be in one group. But it can include a handler of
  /// another group. So style and navigation come from the current generation of the aquarium, and
  /// the guest book shows their changes without being loaded again.
  static void begin(const std::string& title, shoal::Request& request, shoal::Response& response) {
    response.html("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    response.write("<title>" + title + " · Aquarium</title>\n" + std::string(kStyle));
    try {
      request.include("aquarium.widget.frame", response);
    } catch (const shoal::NoSuchModule&) {  // the container has no aquarium
      response.write("</head>\n<body>\n");
    }
    response.write("<main id=\"main\">\n<h1>" + title + "</h1>\n");
  }

  void end(shoal::Response& response) const {
    response.write("</main>\n<footer>\n<p>Your entries outlive this module.</p>\n");
    response.write("<p>Answered by generation <strong>" + std::to_string(context_.generation()) +
                   "</strong> of group <strong>" + shoal::escape_html(context_.group()) +
                   "</strong></p>\n</footer>\n</body>\n</html>\n");
  }

  /// Writes one entry. Returns false when the visitor has disconnected.
  bool show_entry(std::int64_t number, shoal::Response& response) const {
    const auto entry = state_.get(key(number));
    if (!entry) return true;
    const auto end_of_name = entry->find('\n');
    return response.write("<li value=\"" + std::to_string(number) + "\"><strong>" +
                          shoal::escape_html(entry->substr(0, end_of_name)) + "</strong>\n" +
                          shoal::escape_html(entry->substr(end_of_name + 1)) + "</li>\n");
  }

  /// Reads the number. add(0) would wait for other writers; get does not.
  std::int64_t signed_so_far() const {
    const std::string text = state_.get("signed").value_or("0");
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }

  static std::string key(std::int64_t number) { return "entry " + std::to_string(number); }

  const shoal::Context& context_;
  shoal::State& state_;
  const std::string title_;
  const int keep_;
};

}  // namespace

SHOAL_MODULE(Guestbook)
