#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <chrono>
#include <memory>
#include <string>

#include "access/format.hpp"
#include "shoal/host/access.hpp"
#include "unit/sdk/memory_exchange.hpp"

namespace shoal::access {

using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// One answered request, and its line in the access log.
class Visited : public ::testing::Test {
 protected:
  Visited() {
    ::setenv("TZ", "UTC-2", 1);  // two hours east
    ::tzset();
    sent("REQUEST_METHOD", "GET");
    sent("REQUEST_URI", "/tank/a%20b?fish=cod");
    sent("QUERY_STRING", "fish=cod");
    sent("REMOTE_ADDR", "192.0.2.7");
    sent("SERVER_PROTOCOL", "HTTP/1.1");
    request_.path = "/tank/a b";
    request_.id = "4f2a";
    request_.module = "site.tank";
    request_.group = "site";
    request_.generation = "site/12";
    request_.number = 12;
    request_.file = "/apps/site/tank.so";
    request_.received = std::chrono::system_clock::time_point(1'700'000'000'123ms);
    request_.took = 1'234'567us;
    request_.cpu = {400'000us, 100'000us};
  }

  /// Sets a variable of the request, as the web server sends it.
  void sent(const std::string& variable, std::string value) {
    exchange_.params[variable] = std::move(value);
  }

  void no_module_answered() {
    request_.module = request_.group = request_.generation = request_.file = {};
    request_.number = 0;
  }

  /// Runs a handler of a module, and finishes the answer.
  template <typename Handler>
  void answered(const Handler& handler) {
    handler(*response_);
    host::Access::finish(*response_);
  }

  std::string line(const std::string& format) const { return Format(format).line(request_); }

  test::MemoryExchange exchange_;
  std::unique_ptr<Response> response_ =
      host::Access::make_response(exchange_, false, "X-Shoal-Generation: site/12\r\n");
  LoggedRequest request_{.exchange = exchange_, .response = *response_};
};

}  // namespace shoal::access
