#pragma once

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "eventually.hpp"
#include "site.hpp"
#include "unit/fastcgi/fastcgi_client.hpp"

namespace shoal::system {

/// A container without a web server: the test itself is its peer, and speaks FastCGI to it as web
/// servers do, or as a slow or faulty peer would. Serves `/lone`, `/echo`, `/slow` (which
/// waits at a rendezvous) and `/transfers`: see tests/modules.
///
/// A request that is not answered within 20 s fails the test. No timeout of the container is that
/// short unless the test sets it, so an answer shows that nothing held the request up.
class Peers : public Site {
 protected:
  /// `routes` are more routes, in YAML: `, /streamed: transfers`.
  explicit Peers(SiteOptions options = {}, const std::string& routes = "",
                 std::uint16_t tcp_port = free_port())
      : Site(with_defaults(std::move(options), routes, tcp_port)), tcp_port_(tcp_port) {}

  void SetUp() override {
    drop("1", {"lone"});
    drop("plain", {"echo", "slow"});
    drop("transfers");
    start_container();
  }

  // --- connections

  test::FastCgiClient peer() const { return test::FastCgiClient("unix:" + socket().native()); }
  test::FastCgiClient tcp_peer() const { return test::FastCgiClient(tcp_address()); }
  std::string tcp_address() const { return "127.0.0.1:" + std::to_string(tcp_port_); }

  /// Sends the bytes and waits until the container has taken them from the socket.
  static void send_until_read(test::FastCgiClient& peer, std::string_view bytes) {
    EXPECT_TRUE(peer.send(bytes));
    EXPECT_TRUE(eventually([&] {
      int unread = 0;
      return ::ioctl(peer.descriptor(), SIOCOUTQ, &unread) == 0 && unread == 0;
    })) << "the container does not read";
  }

  // --- requests, as bytes

  /// The parameters of a request for `/path?query`.
  static test::Params params(const std::string& target, const std::string& method = "GET") {
    const auto query = target.find('?');
    return {{"REQUEST_METHOD", method},
            {"SCRIPT_NAME", target.substr(0, query)},
            {"QUERY_STRING", query == std::string::npos ? "" : target.substr(query + 1)},
            {"REMOTE_ADDR", "127.0.0.1"},
            {"SERVER_PROTOCOL", "HTTP/1.1"}};
  }

  static std::string get_of(const std::string& target) { return test::request(params(target)); }

  /// All of a POST before its body. `size` is its CONTENT_LENGTH; nullopt: it has none.
  static std::string post_head(std::optional<std::size_t> size,
                               const std::string& target = "/transfers/body") {
    auto all = params(target, "POST");
    if (size) all.emplace_back("CONTENT_LENGTH", std::to_string(*size));
    return test::begin(true) + test::stream(FCGI_PARAMS, test::pairs(all));
  }

  static std::string post_of(std::string_view body, const std::string& target = "/transfers/body") {
    return post_head(body.size(), target) + test::stream(FCGI_STDIN, body);
  }

  /// Part of a body, in records; the body goes on behind it.
  static std::string part_of_body(std::string_view bytes) {
    std::string records = test::stream(FCGI_STDIN, bytes);
    records.resize(records.size() - FCGI_HEADER_LEN);
    return records;
  }

  static std::string end_of_body() { return test::record(FCGI_STDIN, ""); }

  /// A body of which no two parts are alike.
  static std::string body_of(std::size_t size) {
    std::string body;
    for (std::size_t i = 0; body.size() < size; ++i) body += std::to_string(i) + " ";
    body.resize(size);
    return body;
  }

  // --- answers

  /// The text of an answer of `/transfers/body` to this body, without what precedes it.
  static std::string read_of(const std::string& body) {
    return std::to_string(body.size()) + " bytes, hash " +
           std::to_string(std::hash<std::string>{}(body)) + "\n";
  }

  /// Returns the answer without its headers; an incomplete one as `incomplete: ...`.
  static std::string content(const test::Answer& answer) {
    const auto end = answer.text.find("\r\n\r\n");
    if (!answer.complete || end == std::string::npos) return "incomplete: " + answer.text;
    return answer.text.substr(end + 4);
  }

  /// Expects that the next record ends a request, and returns its protocol status; -1 without it.
  static int protocol_status(test::FastCgiClient& peer) {
    const auto next = peer.receive();
    if (!next || next->first != FCGI_END_REQUEST) return -1;
    return next->second.at(4);
  }

  static std::string ask(test::FastCgiClient& peer, const std::string& bytes) {
    peer.send(bytes);
    return content(peer.answer());
  }

  /// Expects that requests are answered, each over a new connection.
  void expect_answers(int times = 20) const {
    for (int i = 0; i < times; ++i) {
      auto honest = i % 2 == 0 ? peer() : tcp_peer();
      ASSERT_EQ(ask(honest, get_of("/lone")), "lone 1\n") << "request " << i;
    }
  }

  static void expect_usable(test::FastCgiClient& peer) {
    EXPECT_EQ(ask(peer, get_of("/lone")), "lone 1\n") << "the connection cannot be used again";
  }

  // --- what the modules tell

  /// Returns the path that a module gets as `?at=` or `?meet=`.
  std::string at(const std::string& name) const { return (here() / name).native(); }

  /// Returns true if the module has created this file at `at`: `upload.reached`.
  bool created(const std::string& file) const { return std::filesystem::exists(here() / file); }

  /// Returns how often `/transfers` was called, e.g. `calls 0`, without the end of the line.
  std::string calls() const {
    auto honest = peer();
    const std::string text = ask(honest, get_of("/transfers/calls"));
    return text.substr(0, text.find('\n'));
  }

  /// Occupies a thread: sends a request that waits at this rendezvous.
  test::FastCgiClient hold_thread(const std::string& name = "meeting",
                                  const std::string& path = "/slow") const {
    auto holder = peer();
    holder.send(get_of(path + "?meet=" + at(name)));
    expect_waiting(name);
    return holder;
  }

 private:
  static SiteOptions with_defaults(SiteOptions options, const std::string& routes,
                                   std::uint16_t port) {
    options.listen = R"([{ socket: "unix:$HERE/shoal.sock", mode: "0600" }, "127.0.0.1:)" +
                     std::to_string(port) + "\"]";
    options.routes =
        "{ /lone: lone, /echo: echo, /slow: slow, /transfers: transfers" + routes + " }";
    return options;
  }

  const std::uint16_t tcp_port_;
};

}  // namespace shoal::system
