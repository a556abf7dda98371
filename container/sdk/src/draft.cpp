#include "draft.hpp"

#include <charconv>
#include <stdexcept>

#include "ascii.hpp"
#include "http_status.hpp"

namespace shoal {
namespace {

/// Bytes for the lines that every head has: Status, Content-Type, Content-Length.
constexpr std::size_t kOwnLines = 160;

constexpr std::string_view kUsualType = "text/html; charset=utf-8";

void append_number(std::string& text, std::uint64_t number) {
  char digits[20];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

}  // namespace

void Response::Draft::require_unsent(const char* what) const {
  if (!head_sent) return;
  throw std::logic_error(std::string(what) +
                         ": the head of the answer has been sent; call this before flush, and "
                         "before more than 32 KiB are written");
}

std::optional<std::string> Response::Draft::sent_header(std::string_view name) const {
  if (!head_sent) return std::nullopt;
  if (names_type && same_ignoring_case(name, "Content-Type")) return std::string(kUsualType);
  if (counts_body && same_ignoring_case(name, "Content-Length")) return std::to_string(length);
  if (const auto ours = find_header(fixed_head, name)) return std::string(*ours);
  if (const auto value = headers.find(name)) return std::string(*value);
  return std::nullopt;
}

bool Response::Draft::write(std::string_view text) {
  length += text.size();
  if (peer_gone) return false;
  if (!head_sent) {
    if (length <= kHeldBack) {
      if (!head_request) held += text;
      return true;
    }
    if (!send_head(false)) return false;
  }
  return !withholds_body() && send(text);
}

void Response::Draft::write_as(std::string_view content_type, std::string_view text) {
  if (!head_sent && !headers.has("Content-Type")) headers.append("Content-Type", content_type);
  write(text);
}

bool Response::Draft::send_head(bool complete) {
  std::string out = head(complete);
  head_sent = true;
  if (!withholds_body()) out += held;
  held = std::string();
  return send(out);
}

void Response::Draft::discard_body() {
  held.clear();
  length = 0;
  headers.remove_about_body();
}

bool Response::Draft::withholds_body() const { return head_request || forbids_body(status); }

std::string Response::Draft::head(bool complete) {
  headers.remove_names_of(fixed_head);
  if (status == 204) headers.remove("Content-Length");
  // When the handler has written nothing for HEAD, the length that GET would have is not known.
  const bool length_known = complete && !forbids_body(status) && (length > 0 || !head_request);
  if (length_known) headers.remove("Content-Length");

  std::string out;
  out.reserve(kOwnLines + fixed_head.size() + headers.text().size() + held.size());
  out += "Status: ";
  append_number(out, static_cast<std::uint64_t>(status));
  out += ' ';
  out += standard_phrase(status);
  out += "\r\n";
  out += fixed_head;
  out += headers.text();
  names_type = length > 0 && !forbids_body(status) && !headers.has("Content-Type");
  if (names_type) out.append("Content-Type: ").append(kUsualType).append("\r\n");
  counts_body = length_known;
  if (length_known) {
    out += "Content-Length: ";
    append_number(out, length);
    out += "\r\n";
  }
  out += "\r\n";
  return out;
}

bool Response::Draft::send(std::string_view bytes) {
  if (!peer_gone) peer_gone = !exchange.write(bytes);
  return !peer_gone;
}

}  // namespace shoal
