#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "shoal/host/access.hpp"
#include "unit/sdk/memory_exchange.hpp"

namespace shoal::test {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::StartsWith;

/// One request and its answer. The test acts as a visitor with `asks` and `sends_form`, as the
/// handler with `request()` and `response()`, and as the container with `finish`.
class Answering : public ::testing::Test {
 protected:
  void asks(std::string method) { exchange_.params["REQUEST_METHOD"] = std::move(method); }

  void sends_form(std::string body) {
    exchange_.params["CONTENT_TYPE"] = "application/x-www-form-urlencoded";
    exchange_.receive(std::move(body));
  }

  Response& response() {
    if (!response_) {
      const bool head = exchange_.param("REQUEST_METHOD") == "HEAD";
      response_ = host::Access::make_response(exchange_, head, fixed_head_);
    }
    return *response_;
  }

  Request& request() {
    if (!request_) {
      request_ =
          host::Access::make_request(exchange_, response(), path_, path_info_, call_handler_);
    }
    return *request_;
  }

  bool finish() { return host::Access::finish(response()); }
  std::uint64_t bytes_written() { return host::Access::bytes_written(response()); }

  MemoryExchange exchange_;
  std::string fixed_head_;
  std::string path_ = "/";
  std::string path_info_;
  host::CallHandler call_handler_;

 private:
  std::unique_ptr<Response> response_;
  std::unique_ptr<Request> request_;  // destroyed from the bottom up: the response outlives it
};

}  // namespace shoal::test
