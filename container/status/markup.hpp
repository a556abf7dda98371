#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "status/words.hpp"

namespace shoal::status {

/// Builds HTML. String literals are markup. Everything else is text and is escaped, so that text
/// from outside cannot become markup by mistake. Text may be written between tags and in quoted
/// attributes.
class Markup {
 public:
  template <std::size_t N>
  Markup& operator<<(const char (&literal)[N]) {
    html_.append(literal, N - 1);
    return *this;
  }

  Markup& operator<<(std::string_view text) {
    for (const char c : shown(text)) add(c);
    return *this;
  }
  Markup& operator<<(const std::string& text) { return *this << std::string_view(text); }
  Markup& operator<<(int number) { return *this << std::to_string(number); }

  Markup& operator<<(const Markup& other) {
    html_ += other.html_;
    return *this;
  }

  /// Appends markup unescaped. REQUIRES: it has no text from outside. Used for style and script.
  Markup& trusted(std::string_view html) {
    html_.append(html);
    return *this;
  }

  const std::string& html() const { return html_; }

 private:
  void add(char c) {
    switch (c) {
      case '&':
        html_ += "&amp;";
        break;
      case '<':
        html_ += "&lt;";
        break;
      case '>':
        html_ += "&gt;";
        break;
      case '"':
        html_ += "&quot;";
        break;
      case '\'':
        html_ += "&#39;";
        break;
      default:
        html_ += c;
    }
  }

  std::string html_;
};

}  // namespace shoal::status
