#include "http.hpp"

#include <httplib.h>
#include <strings.h>

#include <algorithm>
#include <chrono>

namespace shoal::system {
namespace {

constexpr std::chrono::minutes kTimeout{2};

Response response_of(const httplib::Result& result) {
  Response response;
  if (!result) {
    response.failure = httplib::to_string(result.error());
    return response;
  }
  response.status = result->status;
  response.body = result->body;
  response.headers.assign(result->headers.begin(), result->headers.end());
  return response;
}

}  // namespace

std::string Response::header(std::string_view name) const {
  const auto found = std::ranges::find_if(headers, [&](const auto& header) {
    return header.first.size() == name.size() &&
           ::strncasecmp(header.first.data(), name.data(), name.size()) == 0;
  });
  return found == headers.end() ? std::string() : found->second;
}

class Visitor::Connection : public httplib::Client {
 public:
  using Client::Client;
};

Visitor::Visitor(std::uint16_t port)
    : connection_(std::make_unique<Connection>("127.0.0.1", port)) {
  connection_->set_keep_alive(true);
  connection_->set_url_encode(false);
  connection_->set_connection_timeout(kTimeout);
  connection_->set_read_timeout(kTimeout);
  connection_->set_write_timeout(kTimeout);
}

Visitor::~Visitor() = default;

Response Visitor::get(const std::string& path) { return send({.path = path}); }

Response Visitor::send(const Request& request) {
  httplib::Request message;
  message.method = request.method;
  message.path = request.path;
  message.body = request.body;
  for (const auto& [name, value] : request.headers) message.headers.emplace(name, value);

  return response_of(connection_->send(message));
}

Response Visitor::send_in_chunks(const Request& request) {
  httplib::Headers headers;
  std::string type = "application/octet-stream";
  for (const auto& [name, value] : request.headers) {
    if (name == "Content-Type") {
      type = value;
    } else {
      headers.emplace(name, value);
    }
  }
  const auto halves = [&](std::size_t, httplib::DataSink& sink) {
    const std::size_t half = request.body.size() / 2;
    sink.write(request.body.data(), half);
    sink.write(request.body.data() + half, request.body.size() - half);
    sink.done();
    return true;
  };
  return response_of(connection_->Post(request.path, headers, halves, type));
}

}  // namespace shoal::system
