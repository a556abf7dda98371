#pragma once

#include <string_view>
#include <utility>

namespace shoal::base {

/// The request that a thread is answering. Make one in the function that answers the request: while
/// it lives, each line that this thread logs carries the id of the request.
class CurrentRequest {
 public:
  /// REQUIRES: `id` outlives this.
  explicit CurrentRequest(std::string_view id) : before_(std::exchange(slot(), id)) {}
  ~CurrentRequest() { slot() = before_; }
  CurrentRequest(const CurrentRequest&) = delete;
  CurrentRequest& operator=(const CurrentRequest&) = delete;

  /// Returns the id of the request that this thread is answering; empty if it answers no request.
  static std::string_view id() { return slot(); }

 private:
  static std::string_view& slot() {
    thread_local constinit std::string_view current;
    return current;
  }

  const std::string_view before_;
};

}  // namespace shoal::base
