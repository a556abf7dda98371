#pragma once

#include <string_view>
#include <utility>

namespace shoal::base {

/// The request that a thread is answering. Stands in the function that answers it; what is logged
/// on this thread meanwhile carries its id.
class CurrentRequest {
 public:
  /// REQUIRES: `id` outlives this.
  explicit CurrentRequest(std::string_view id) : before_(std::exchange(slot(), id)) {}
  ~CurrentRequest() { slot() = before_; }
  CurrentRequest(const CurrentRequest&) = delete;
  CurrentRequest& operator=(const CurrentRequest&) = delete;

  /// The id of the request that this thread is answering; empty when there is none.
  static std::string_view id() { return slot(); }

 private:
  static std::string_view& slot() {
    thread_local constinit std::string_view current;
    return current;
  }

  const std::string_view before_;
};

}  // namespace shoal::base
