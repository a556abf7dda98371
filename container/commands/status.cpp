#include <unistd.h>

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "commands/commands.hpp"
#include "commands/container_status.hpp"
#include "control/ask_container.hpp"
#include "status/health.hpp"
#include "status/json.hpp"
#include "status/table.hpp"

namespace shoal::commands {
namespace {

constexpr const char* kClearScreen = "\033[H\033[2J";

/// Prints the status once. Returns the exit code.
int show_status(const std::filesystem::path& run, bool json, bool colours) {
  const auto answer = ask_status(run);
  const auto overview = answer.get<status::Overview>();
  std::cout << (json ? answer.dump() + "\n" : status::table(overview, colours)) << std::flush;
  return status::health_of(overview).level == status::Level::kGood ? 0 : 1;
}

}  // namespace

int status(const std::filesystem::path& run, bool json, bool watch) {
  const bool colours = ::isatty(STDOUT_FILENO) == 1;
  if (!watch) return show_status(run, json, colours);
  while (std::cout) {
    if (colours) std::cout << kClearScreen;
    try {
      show_status(run, json, colours);
    } catch (const std::exception& error) {
      std::cerr << error.what() << '\n';  // the container may start again
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  return 0;
}

int is_ready(const std::filesystem::path& run) {
  const auto answer = control::ask_container(run, {{"ask", "ready"}});
  std::cout << answer.at("line").get<std::string>() << '\n';
  return answer.at("ready").get<bool>() ? 0 : 1;
}

}  // namespace shoal::commands
