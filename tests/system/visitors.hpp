#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http.hpp"

namespace shoal::system {

/// Many visitors that send requests without a pause, each from a thread of its own, until they are
/// stopped.
class Visitors {
 public:
  /// Returns what is wrong with a response, or an empty text. Called from many threads.
  using Check = std::function<std::string(const std::string& path, const Response& response)>;

  struct Result {
    std::size_t requests = 0;
    std::size_t failed = 0;             ///< responses that the check found wrong
    std::vector<std::string> problems;  ///< the first few of them
  };

  Visitors(std::uint16_t port, unsigned number, std::vector<std::string> paths, Check check,
           std::string method = "GET");
  ~Visitors();

  /// Waits until `more` further responses have come.
  void wait_for_responses(std::size_t more) const;

  /// Stops the visitors once each has its last response.
  Result stop();

 private:
  void send_requests(std::uint16_t port, std::size_t first);

  const std::vector<std::string> paths_;
  const Check check_;
  const std::string method_;
  std::atomic<bool> stopped_{false};
  std::atomic<std::size_t> requests_{0};
  std::mutex mutex_;
  Result result_;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

/// Stops the visitors and expects that no request of theirs failed.
Visitors::Result expect_no_failure(Visitors& visitors);

/// Prints the line of tests/README.md that says how many requests a fault cost.
void print_cost(const std::string& fault, const Visitors::Result& result);

}  // namespace shoal::system
