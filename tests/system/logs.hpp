#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "eventually.hpp"
#include "site.hpp"

namespace shoal::system {

/// A site whose modules write into the log. By default it has an access log in JSON.
class Logs : public Site {
 protected:
  explicit Logs(
      const std::string& log =
          "{ level: debug, file: stderr, access: { file: $HERE/access.log, format: json } }",
      const std::string& location = "", const std::string& wrapper = "")
      : Site({.log = log,
              .routes = "{ /lone: lone, /answers: answers, /tells: tells }",
              .location = location,
              .wrapper = wrapper}) {}

  void SetUp() override {
    drop("1", {"lone"});
    drop("plain");
    drop("tells");
    start();
  }

  /// Waits until the access log has this number of lines, and returns them. A line is written after
  /// the response is sent.
  std::vector<std::string> access_lines(std::size_t number,
                                        const std::string& file = "access.log") {
    std::vector<std::string> lines;
    eventually([&] {
      lines = lines_of(contents(here() / file));
      return lines.size() >= number;
    });
    EXPECT_EQ(lines.size(), number);
    lines.resize(number);
    return lines;
  }

  std::vector<std::string> log_lines() const { return lines_of(log()); }

 private:
  static std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }
};

}  // namespace shoal::system
