#include "shoal/module.hpp"

namespace {

/// Answers with the parts of the request, one in each line.
class Echo final : public shoal::Module {
 public:
  void handle(shoal::Request& request, shoal::Response& response) override {
    const auto line = [&response](std::string_view key, std::string_view value) {
      response.text(std::string(key) + ": " + std::string(value) + "\n");
    };
    line("method", request.method());
    line("path", request.path());
    line("path_info", request.path_info());
    line("remote_address", request.remote_address());
    line("protocol", request.param("SERVER_PROTOCOL").value_or("none"));
    for (const auto& [name, value] : request.query()) line("query " + name, value);
    for (const char* name : {"X-Fish", "Authorization", "Content-Type", "Content-Length"}) {
      if (const auto value = request.header(name)) line(std::string("header ") + name, *value);
    }
    if (const auto tank = request.cookie("tank")) line("cookie tank", *tank);
    for (const auto& [name, value] : request.form()) line("form " + name, value);
    if (request.form().empty()) line("body", request.body().read_all());
  }
};

}  // namespace

SHOAL_MODULE(Echo)
