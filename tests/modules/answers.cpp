#include <functional>
#include <map>
#include <stdexcept>

#include "shoal/module.hpp"

namespace {

using shoal::Request;
using shoal::Response;

constexpr std::size_t kLong = 3 << 20;  // bytes: more than all buffers on the way to the visitor

/// The answer for each path, e.g. `/answers/redirect`.
const std::map<std::string_view, void (*)(Request&, Response&)> kAnswers{
    {"/throws", [](Request&, Response&) { throw std::runtime_error("the secret is 4711"); }},
    {"/throws-a-number", [](Request&, Response&) { throw 4711; }},
    {"/throws-late",
     [](Request&, Response& response) {
       response.text("the first half of it");
       response.flush();
       throw std::runtime_error("the secret is 4711");
     }},
    {"/only-get",
     [](Request& request, Response& response) {
       if (request.method() == "GET" || request.method() == "HEAD") return response.text("got\n");
       response.error(405);
       response.header("Allow", "GET, HEAD");
     }},
    {"/no-content", [](Request&, Response& response) { response.status(204).text("unseen"); }},
    {"/not-modified",
     [](Request&, Response& response) {
       response.status(304).header("ETag", "\"fish\"").text("unseen");
     }},
    {"/redirect", [](Request&, Response& response) { response.redirect("/answers/long", 303); }},
    {"/teapot", [](Request&, Response& response) { response.error(418, "short & stout"); }},
    {"/cookie",
     [](Request&, Response& response) {
       response.cookie({.name = "tank", .value = "deep"}).text("have one\n");
     }},
    {"/json", [](Request&, Response& response) { response.json("{\"fish\": 7}"); }},
    {"/html", [](Request&, Response& response) { response.html("<p>fish</p>"); }},
    {"/empty", [](Request&, Response&) {}},
    {"/headers",
     [](Request& request, Response& response) {
       const int number = std::stoi(request.query("number").value_or("1"));
       const auto size =
           static_cast<std::size_t>(std::stoi(request.query("size").value_or("4200")));
       for (int i = 0; i < number; ++i) {
         response.header("X-Big-" + std::to_string(i), std::string(size, 'x'));
       }
       response.text("headers\n");
     }},
    {"/long",
     [](Request&, Response& response) {
       response.text("");
       const std::string piece(10'000, 'x');
       for (std::size_t sent = 0; sent < kLong; sent += piece.size()) {
         if (!response.write(std::string_view(piece).substr(0, kLong - sent))) return;
       }
     }},
    {"/includes",
     [](Request& request, Response& response) {
       response.text("before\n");
       request.include("lone", response);
       response.write("after\n");
     }},
    {"/includes-itself",
     [](Request& request, Response& response) { request.include("answers", response); }},
    {"/forwards",
     [](Request& request, Response& response) {
       response.status(500).text("dropped\n");
       request.forward("lone");
     }},
    {"/forwards-nowhere", [](Request& request, Response&) { request.forward("nowhere"); }},
    {"/bad-header",
     [](Request&, Response& response) { response.header("X-Fish", "a\r\nSet-Cookie: b=c"); }},
};

class Answers final : public shoal::Module {
 public:
  void handle(Request& request, Response& response) override {
    const auto answer = kAnswers.find(request.path_info());
    if (answer == kAnswers.end()) return response.error(404);
    answer->second(request, response);
  }
};

}  // namespace

SHOAL_MODULE(Answers)
