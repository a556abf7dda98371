#include <unistd.h>

#include <array>
#include <atomic>
#include <fstream>
#include <functional>
#include <map>
#include <string>

#include "rendezvous.hpp"
#include "shoal/module.hpp"

namespace {

using shoal::Request;
using shoal::Response;

void write_file(const std::string& file, const std::string& text) { std::ofstream(file) << text; }

/// Shows what a peer of the container makes of requests: how bodies come in, how answers go out,
/// and whether the peer is still there. `?at=` is the path, without an extension, of files that
/// tell the test what has happened.
class Transfers final : public shoal::Module {
 public:
  void handle(Request& request, Response& response) override {
    const auto path = request.path_info();
    if (path == "/calls") return response.text("calls " + std::to_string(calls_) + "\n");
    const int call = ++calls_;
    const std::string at = request.query("at").value_or("");
    if (path == "/body") return read_body(request, response, call, at);
    if (path == "/meets") return meet(request, response, at);
    if (path == "/waits-until-gone") return wait_until_gone(request, at);
    if (path == "/long") return write_long(request, response, at);
    response.error(404);
  }

 private:
  /// Answers `process 12, call 3, 5 bytes, hash 77`. Creates AT.reached, and writes into AT.read
  /// how many bytes it has read so far.
  static void read_body(Request& request, Response& response, int call, const std::string& at) {
    if (!at.empty()) write_file(at + ".reached", "\n");
    std::string body;
    std::array<char, 4'096> piece{};
    while (const std::size_t size = request.body().read(piece)) {
      body.append(piece.data(), size);
      if (!at.empty()) write_file(at + ".read", std::to_string(body.size()));
    }
    response.text("process " + std::to_string(::getpid()) + ", call " + std::to_string(call) +
                  ", " + std::to_string(body.size()) + " bytes, hash " +
                  std::to_string(std::hash<std::string>{}(body)) + "\n");
  }

  /// Answers whether the peer is gone after the rendezvous.
  static void meet(Request& request, Response& response, const std::string& at) {
    rendezvous(at);
    response.text(request.client_gone() ? "gone\n" : "there\n");
  }

  /// Creates AT.reached, waits until the peer is gone, and creates AT.gone.
  static void wait_until_gone(Request& request, const std::string& at) {
    write_file(at + ".reached", "\n");
    const auto latest = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (!request.client_gone() && std::chrono::steady_clock::now() < latest) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    if (request.client_gone()) write_file(at + ".gone", "\n");
  }

  /// Answers with `?bytes=` bytes. Creates AT.written if all could be written, else AT.cut.
  static void write_long(Request& request, Response& response, const std::string& at) {
    std::size_t left = std::stoul(request.query("bytes").value());
    const std::string piece(10'000, 'x');
    response.text("");
    while (left > 0) {
      const std::size_t size = std::min(left, piece.size());
      if (!response.write(std::string_view(piece).substr(0, size))) {
        return write_file(at + ".cut", "\n");
      }
      left -= size;
    }
    write_file(at + ".written", "\n");
  }

  std::atomic<int> calls_{0};  // without those of /calls
};

}  // namespace

SHOAL_MODULE(Transfers)
