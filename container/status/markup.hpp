#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "status/words.hpp"

namespace shoal::status {

/// HTML in the making. What the program says literally is markup; everything else is text, and is
/// escaped, so that nothing from outside can become markup by oversight. It may stand between tags
/// and in quoted attributes.
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

  /// Style and script, which have no text from outside.
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
