#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "shoal/host/exchange.hpp"
#include "shoal/request.hpp"

namespace shoal::test {

/// An Exchange in memory: a test sets what the web server sends, and reads what it would get.
class MemoryExchange final : public host::Exchange {
 public:
  std::map<std::string, std::string, std::less<>> params;
  std::string sent;                                             ///< head and body
  int writes = 0;                                               ///< calls of `write`
  int flushes = 0;                                              ///< calls of `flush`
  bool gone = false;                                            ///< the peer has disconnected
  std::size_t piece = std::numeric_limits<std::size_t>::max();  ///< bytes of one `read` at most

  /// The visitor sends this body, with its length.
  void receive(std::string body) {
    params["CONTENT_LENGTH"] = std::to_string(body.size());
    body_ = std::move(body);
  }

  /// The visitor announces a longer body, and stops after this part.
  void receive_truncated(std::string body, std::size_t announced) {
    receive(std::move(body));
    params["CONTENT_LENGTH"] = std::to_string(announced);
    truncated_ = true;
  }

  /// Returns what was sent before the empty line.
  std::string head() const { return sent.substr(0, sent.find("\r\n\r\n")); }

  /// Returns what was sent after the empty line.
  std::string body() const {
    const std::size_t end = sent.find("\r\n\r\n");
    return end == sent.npos ? std::string() : sent.substr(end + 4);
  }

  std::optional<std::string_view> param(std::string_view name) const override {
    const auto found = params.find(name);
    if (found == params.end()) return std::nullopt;
    return found->second;
  }

  std::size_t read(std::span<char> buffer) override {
    const std::size_t size = std::min({buffer.size(), piece, body_.size() - read_});
    if (size == 0 && truncated_) throw BodyError("the body ended before CONTENT_LENGTH bytes");
    body_.copy(buffer.data(), size, read_);
    read_ += size;
    return size;
  }

  bool write(std::string_view bytes) override {
    ++writes;
    if (!gone) sent += bytes;
    return !gone;
  }

  bool flush() override {
    ++flushes;
    return !gone;
  }

  bool peer_gone() const override { return gone; }

 private:
  std::string body_;
  std::size_t read_ = 0;
  bool truncated_ = false;
};

}  // namespace shoal::test
