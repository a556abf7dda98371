#include "settings/health_key.hpp"

#include <algorithm>

#include "settings/scalars.hpp"
#include "settings/section.hpp"
#include "settings/socket.hpp"

namespace shoal::settings {
namespace {

constexpr const char* kHealthForms = "write PORT, HOST:PORT, \"[::1]:PORT\" or unix:PATH";

/// Reads a socket. A port alone is a port of 127.0.0.1: other machines may ask only if the file
/// names another address.
Listen parse_health_socket(const std::string& text, const std::filesystem::path& folder) {
  const bool is_port = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (is_port) return parse_socket("127.0.0.1:" + text, folder);
  if (text.find_first_of(":/") == std::string::npos || text.starts_with("fd:")) {
    throw ValueError(in_quotes(text) + " is not a socket for health checks; " + kHealthForms);
  }
  return parse_socket(text, folder);
}

}  // namespace

Health read_health(const Value& value, const std::filesystem::path& folder,
                   const std::vector<Listen>& listen) {
  Health health;
  Section section(value);
  const auto socket = [&](const Value& text) {
    Listen read = parse_health_socket(text.text(), folder);
    const auto taken = std::ranges::find(listen, identity_of(read), identity_of);
    if (taken != listen.end()) {
      throw ValueError("is a socket for web servers already (" + taken->where +
                       "); choose another socket");
    }
    read.where = text.where();
    return read;
  };
  section.required("socket", health.socket, socket, "socket: 127.0.0.1:9001");
  section.refuse_others();
  return health;
}

}  // namespace shoal::settings
