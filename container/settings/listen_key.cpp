#include "settings/listen_key.hpp"

#include <map>
#include <optional>

#include "settings/names.hpp"
#include "settings/scalars.hpp"
#include "settings/section.hpp"
#include "settings/socket.hpp"

namespace shoal::settings {
namespace {

using Kind = Listen::Kind;

/// Reads permission bits in octal. The leading zero is required: 660 could be meant as decimal.
unsigned read_mode(const Value& value) {
  const std::string& text = value.text();
  if (text.size() != 4 || text[0] != '0' || text.find_first_not_of("01234567") != text.npos) {
    throw ValueError(in_quotes(text) +
                     " is not a mode; write a zero and three octal digits, as in \"0660\"");
  }
  return static_cast<unsigned>(std::stoul(text, nullptr, 8));
}

/// Reads one socket. Returns nullopt, with an error added, if the key `socket` is missing or wrong.
std::optional<Listen> read_socket(const Value& value, const std::filesystem::path& folder) {
  if (value.is_scalar()) return parse_socket(value.text(), folder);

  Listen listen;
  Section section(value);
  const auto socket = [&](const Value& text) { return parse_socket(text.text(), folder); };
  const bool known =
      section.required("socket", listen, socket, "socket: unix:/run/shoal/shoal.sock");
  if (known && listen.kind != Kind::kUnix) {
    section.refuse({"mode", "owner", "group"},
                   "applies to socket files only; remove it, or listen on unix:PATH");
  }
  if (known && listen.kind != Kind::kTcp) {
    section.refuse({"allowed_clients"},
                   "applies to TCP sockets only; remove it, or listen on HOST:PORT");
  }
  if (known && (listen.kind == Kind::kDescriptor || listen.kind == Kind::kSystemd)) {
    section.refuse({"backlog"},
                   "is set by the program that opens the socket; remove it here, and set it there");
  }
  section.optional("mode", listen.mode, read_mode);
  section.optional("owner", listen.owner, Text{});
  section.optional("group", listen.group, Text{});
  section.optional("backlog", listen.backlog, Whole{1, 65'535});
  section.optional("allowed_clients", listen.allowed_clients, read_addresses);
  section.refuse_others();
  return known ? std::optional(listen) : std::nullopt;
}

}  // namespace

std::vector<std::string> read_addresses(const Value& value) {
  const auto items = value.items();
  if (items.empty()) {
    throw ValueError("is empty; list an address, or remove the key");
  }
  std::vector<std::string> addresses;
  for (const auto& item : items) {
    item.attempt([&] {
      if (!shortest_address(item.text())) {
        throw ValueError(
            in_quotes(item.text()) +
            " is not an IP address; write an IPv4 or IPv6 address, not a name or a network");
      }
      addresses.push_back(item.text());
    });
  }
  return addresses;
}

std::vector<Listen> read_listen(const Value& value, const std::filesystem::path& folder) {
  const auto items = value.is_list() ? value.items() : std::vector{value};
  if (value.is_nothing() || items.empty()) {
    throw ValueError("has no socket; write one, as in \"socket: unix:/run/shoal/shoal.sock\"");
  }
  std::vector<Listen> all;
  std::map<std::string, int> line_of;
  for (const auto& item : items) {
    item.attempt([&] {
      auto listen = read_socket(item, folder);
      if (!listen) return;
      listen->where = item.where();
      const auto [first, is_new] = line_of.emplace(identity_of(*listen), item.line());
      if (!is_new) {
        throw ValueError("is the same socket as on line " + std::to_string(first->second) +
                         "; remove one of the two");
      }
      all.push_back(*std::move(listen));
    });
  }
  return all;
}

}  // namespace shoal::settings
