#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "fastcgi/poller.hpp"
#include "fastcgi_client.hpp"
#include "scratch_folder.hpp"
#include "shoal/request.hpp"

namespace shoal::fastcgi {

/// The test is the only worker; `client_` is the web server.
class AnExchange : public ::testing::Test {
 protected:
  AnExchange() { open({}); }

  /// Begins anew: a poller with these limits, and one connection to it.
  void open(Limits limits) {
    client_.reset();
    connection_.reset();
    poller_.reset();
    std::vector<Listener> listeners;
    listeners.emplace_back(UnixAddress{folder_ / "a.sock", std::nullopt, "", ""}, 16);
    address_ = listeners.front().name();
    poller_.emplace(std::move(listeners), limits);
    client_.emplace(address_);
  }

  /// The web server sends this; the worker reads the head of the request. Null: none to answer.
  std::unique_ptr<Exchange> receive(std::string_view bytes) {
    client_->send(bytes);
    return next();
  }

  std::unique_ptr<Exchange> next() {
    connection_ = poller_->next();
    return Exchange::read(*connection_);
  }

  /// What the web server gets to know when the worker has found no request.
  bool closed() {
    connection_.reset();
    return client_->sees_close();
  }

  void keep() { poller_->keep(std::move(connection_)); }

  static std::string read_all(Exchange& exchange, std::size_t piece = 1'000) {
    std::string body;
    std::string buffer(piece, '\0');
    while (const std::size_t size = exchange.read(buffer)) body.append(buffer, 0, size);
    return body;
  }

  static std::string body_error(Exchange& exchange) {
    try {
      read_all(exchange);
    } catch (const BodyError& error) {
      return error.what();
    }
    return "no error";
  }

  test::ScratchFolder folder_;
  std::string address_;
  std::optional<Poller> poller_;
  std::optional<test::FastCgiClient> client_;
  std::unique_ptr<Connection> connection_;  // dies before the poller
};

}  // namespace shoal::fastcgi
