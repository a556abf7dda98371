// A long answer that is sent in pieces and ends when the visitor disconnects.
//
// /stream              50 lines, one every `interval` /stream?lines=500    500 lines
// /stream?bytes=1000000000   as fast as the visitor reads them
//
// modules:
//     stream: { interval: 100ms }

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <shoal/module.hpp>
#include <string>
#include <string_view>
#include <thread>

namespace {

using std::chrono::milliseconds;

// A stream occupies one thread from its first byte to its last, so everything here has a bound.
constexpr std::uint64_t kDefaultLines = 50;
constexpr std::uint64_t kMostLines = 1'000;
constexpr std::uint64_t kMostBytes = 4'000'000'000;
constexpr milliseconds kLongestInterval{10'000};

/// Returns the number in `text`, or nullopt if that is not a whole number from 1 to `most`.
std::optional<std::uint64_t> number(std::string_view text, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < 1 || value > most) return std::nullopt;
  return value;
}

class Stream final : public shoal::Module {
 public:
  explicit Stream(shoal::Context& context)
      : context_(context), interval_(context.config().get("interval", milliseconds(100))) {
    if (interval_ < milliseconds(0) || interval_ > kLongestInterval) {
      throw shoal::ConfigError(context.module() + ": interval is " +
                               std::to_string(interval_.count()) + "ms; give 0ms to 10s");
    }
  }

  void handle(shoal::Request& request, shoal::Response& response) override {
    if (request.method() != "GET" && request.method() != "HEAD") {
      response.error(405);
      response.header("Allow", "GET, HEAD");
      return;
    }
    const auto bytes = request.query("bytes");
    const auto wanted =
        bytes ? number(*bytes, kMostBytes)
              : number(request.query("lines").value_or(std::to_string(kDefaultLines)), kMostLines);
    if (!wanted) {
      response.error(400, "lines takes a number from 1 to " + std::to_string(kMostLines) +
                              ", bytes one from 1 to " + std::to_string(kMostBytes) + ".");
      return;
    }

    response.header("Content-Type", "text/plain; charset=utf-8");
    response.header("Cache-Control", "no-store");
    response.header("X-Accel-Buffering", "no");  // otherwise nginx buffers the lines
    if (request.method() == "HEAD") return;
    if (bytes) {
      send_bytes(*wanted, response);
    } else {
      send_lines(*wanted, request, response);
    }
  }

 private:
  void send_lines(std::uint64_t lines, shoal::Request& request, shoal::Response& response) const {
    for (std::uint64_t line = 1; line <= lines; ++line) {
      if (line > 1) std::this_thread::sleep_for(interval_);
      // A write fails only later, after the kernel has tried to send bytes to the closed
      // connection.
      const bool connected =
          !request.client_gone() &&
          response.write("line " + std::to_string(line) + " of " + std::to_string(lines) + "\n") &&
          response.flush();
      if (!connected) return log_stopped(line - 1, lines, "lines");
    }
  }

  void send_bytes(std::uint64_t bytes, shoal::Response& response) const {
    const std::string block(64 * 1024, '~');
    for (std::uint64_t sent = 0; sent < bytes;) {
      const auto piece = std::min<std::uint64_t>(block.size(), bytes - sent);
      const std::string_view text = std::string_view(block).substr(0, piece);
      if (!response.write(text) || !response.flush()) return log_stopped(sent, bytes, "bytes");
      sent += piece;
    }
  }

  void log_stopped(std::uint64_t sent, std::uint64_t of, std::string_view unit) const {
    context_.log(shoal::LogLevel::kInfo, "stopped, the visitor left after " + std::to_string(sent) +
                                             " of " + std::to_string(of) + " " + std::string(unit));
  }

  const shoal::Context& context_;
  const milliseconds interval_;
};

}  // namespace

SHOAL_MODULE(Stream)
