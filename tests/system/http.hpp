#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace shoal::system {

struct Question {
  std::string method = "GET";
  std::string path = "/";  ///< as it goes over the wire, query included
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
};

struct Answer {
  int status = 0;  ///< 0: no whole answer came
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string failure;  ///< why no whole answer came

  /// The first of this name, case-insensitive; empty when there is none.
  std::string header(std::string_view name) const;

  /// X-Shoal-Generation, e.g. `site/2`.
  std::string generation() const { return header("X-Shoal-Generation"); }
};

/// A browser with one keep-alive connection. Used by one thread.
class Visitor {
 public:
  explicit Visitor(std::uint16_t port);
  ~Visitor();
  Answer get(const std::string& path);
  Answer ask(const Question& question);

  /// Sends a POST in chunks, its length not told beforehand.
  Answer ask_in_chunks(const Question& question);

 private:
  class Connection;
  std::unique_ptr<Connection> connection_;
};

/// Many visitors who click without a pause, each from a thread of its own, until told to stop.
class Clients {
 public:
  /// What is wrong with an answer; empty when nothing is. Called from many threads.
  using Judge = std::function<std::string(const std::string& path, const Answer& answer)>;

  struct Report {
    std::size_t requests = 0;
    std::size_t failed = 0;             ///< answers that the judge found wrong
    std::vector<std::string> problems;  ///< the first few of them
  };

  Clients(std::uint16_t port, unsigned number, std::vector<std::string> paths, Judge judge,
          std::string method = "GET");
  ~Clients();

  /// Waits until they have asked for `more` answers from now on.
  void ask_for(std::size_t more) const;

  /// Ends them after the answers they wait for.
  Report stop();

 private:
  void click(std::uint16_t port, std::size_t first);

  const std::vector<std::string> paths_;
  const Judge judge_;
  const std::string method_;
  std::atomic<bool> stopped_{false};
  std::atomic<std::size_t> requests_{0};
  std::mutex mutex_;
  Report report_;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace shoal::system
