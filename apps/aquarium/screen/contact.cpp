// A form. GET shows it. A valid POST is answered with a redirect, so that a refresh does not send
// it twice. An invalid one is answered with the form and an error beside each field.

#include "layout/page.hpp"

namespace aquarium::screen {
namespace {

constexpr std::size_t kLongestName = 80;
constexpr std::size_t kLongestMessage = 2'000;

/// What the visitor has sent. An error is empty when its field is valid.
struct Letter {
  std::string name;
  std::string message;
  std::string name_error;
  std::string message_error;

  bool good() const { return name_error.empty() && message_error.empty(); }
};

std::string complaint(std::string_view value, std::size_t longest, std::string_view if_missing) {
  if (value.find_first_not_of(" \t\r\n") == std::string_view::npos) return std::string(if_missing);
  if (value.size() <= longest) return {};
  return "Please use at most " + std::to_string(longest) + " bytes; these are " +
         std::to_string(value.size()) + ".";
}

/// Reads the form. Cheap to call again, because the request keeps the decoded form.
Letter letter_of(shoal::Request& request) {
  Letter letter;
  letter.name = request.form("name").value_or("");
  letter.message = request.form("message").value_or("");
  letter.name_error = complaint(letter.name, kLongestName, "Please tell us your name.");
  letter.message_error = complaint(letter.message, kLongestMessage, "Please write a message.");
  return letter;
}

/// Returns the attributes that connect a field with its error, for screen readers.
std::string error_attributes(const std::string& id, const std::string& error) {
  if (error.empty()) return {};
  return " aria-invalid=\"true\" aria-describedby=\"" + id + "-error\"";
}

std::string error_line(const std::string& id, const std::string& error) {
  if (error.empty()) return {};
  return "<span class=\"wrong\" id=\"" + id + "-error\">" + shoal::escape_html(error) + "</span>";
}

void show_form(const Letter& letter, shoal::Response& response) {
  if (!letter.good()) {
    response.write("<p class=\"note wrong\" role=\"alert\">Not sent yet: see below.</p>\n");
  }
  response.write("<form method=\"post\" accept-charset=\"utf-8\" novalidate>\n");
  response.write("<p><label for=\"name\">Name</label>\n<input id=\"name\" name=\"name\" ");
  response.write("autocomplete=\"name\" required" + error_attributes("name", letter.name_error));
  response.write(" value=\"" + shoal::escape_html(letter.name) + "\">");
  response.write(error_line("name", letter.name_error) + "</p>\n");
  response.write("<p><label for=\"message\">Message</label>\n<textarea id=\"message\" ");
  response.write("name=\"message\" rows=\"6\" required" +
                 error_attributes("message", letter.message_error));
  // HTML ignores a line break after the tag; this one keeps a first line break of the visitor.
  response.write(">\n" + shoal::escape_html(letter.message) + "</textarea>");
  response.write(error_line("message", letter.message_error) + "</p>\n");
  response.write("<p><button>Send</button></p>\n</form>\n");
}

}  // namespace

class Contact final : public layout::Page {
 public:
  using Page::Page;

 private:
  std::string title() const override { return "Contact"; }

  std::vector<std::string_view> methods() const override { return {"GET", "HEAD", "POST"}; }

  bool before(shoal::Request& request, shoal::Response& response) override {
    if (request.method() != "POST") return true;
    const Letter letter = letter_of(request);
    if (!letter.good()) {
      response.status(422);
      return true;
    }
    context().log(shoal::LogLevel::kInfo,
                  "a message of " + std::to_string(letter.message.size()) + " bytes");
    response.redirect("?sent=1", 303);
    return false;
  }

  void content(shoal::Request& request, shoal::Response& response) override {
    if (request.method() == "POST") return show_form(letter_of(request), response);
    if (request.query("sent")) {
      response.write("<p class=\"note\" role=\"status\">Thank you. Your bottle is afloat.</p>\n");
    }
    response.write(
        "<p>Put a message into a bottle. This being a demonstration, it is counted and then "
        "forgotten.</p>\n");
    show_form(Letter{}, response);
  }
};

}  // namespace aquarium::screen

SHOAL_MODULE(aquarium::screen::Contact)
