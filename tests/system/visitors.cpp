#include "visitors.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <utility>

#include "eventually.hpp"

namespace shoal::system {
namespace {

constexpr std::size_t kShownProblems = 5;  // of what may be thousands

}  // namespace

Visitors::Visitors(std::uint16_t port, unsigned number, std::vector<std::string> paths, Check check,
                   std::string method)
    : paths_(std::move(paths)), check_(std::move(check)), method_(std::move(method)) {
  for (unsigned i = 0; i < number; ++i) {
    threads_.emplace_back([this, port, i] { send_requests(port, i); });
  }
}

Visitors::~Visitors() { stop(); }

void Visitors::wait_for_responses(std::size_t more) const {
  const std::size_t wanted = requests_ + more;
  eventually([&] { return requests_ >= wanted; });
}

Visitors::Result Visitors::stop() {
  stopped_ = true;
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  const std::lock_guard lock(mutex_);
  result_.requests = requests_;
  return result_;
}

void Visitors::send_requests(std::uint16_t port, std::size_t first) {
  Visitor visitor(port);
  for (std::size_t next = first; !stopped_; ++next) {
    const std::string& path = paths_[next % paths_.size()];
    const Response response = visitor.send({.method = method_, .path = path});
    ++requests_;
    const std::string problem = check_(path, response);
    if (problem.empty()) continue;
    const std::lock_guard lock(mutex_);
    ++result_.failed;
    if (result_.problems.size() < kShownProblems) result_.problems.push_back(path + ": " + problem);
  }
}

Visitors::Result expect_no_failure(Visitors& visitors) {
  const Visitors::Result result = visitors.stop();
  EXPECT_EQ(result.failed, 0u) << "of " << result.requests
                               << " requests: " << ::testing::PrintToString(result.problems);
  return result;
}

void print_cost(const std::string& fault, const Visitors::Result& result) {
  std::cout << "| " << fault << " | " << result.failed << " of " << result.requests << " |\n";
}

}  // namespace shoal::system
