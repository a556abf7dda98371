#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shoal::system {

struct Request {
  std::string method = "GET";
  std::string path = "/";  ///< as it goes over the wire, query included
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
};

struct Response {
  int status = 0;  ///< 0: no complete response came
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string failure;  ///< why no complete response came

  /// Returns the first header of this name, case-insensitive, or an empty text.
  std::string header(std::string_view name) const;

  /// Returns X-Shoal-Generation, e.g. `site/2`.
  std::string generation() const { return header("X-Shoal-Generation"); }
};

/// A visitor of the web server, with one keep-alive connection. Used by one thread.
class Visitor {
 public:
  explicit Visitor(std::uint16_t port);
  ~Visitor();
  Response get(const std::string& path);
  Response send(const Request& request);

  /// Sends a POST in chunks, without Content-Length.
  Response send_in_chunks(const Request& request);

 private:
  class Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace shoal::system
