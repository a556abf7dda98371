#include "daemon/ask.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "daemon/control.hpp"
#include "status/health.hpp"
#include "status/json.hpp"
#include "status/table.hpp"

namespace shoal::daemon {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kLongestReload{60};  // the probe alone may take 20 s
constexpr const char* kClearScreen = "\033[H\033[2J";

nlohmann::json ask_status(const std::filesystem::path& run) {
  return ask_container(run, {{"ask", "status"}}).at("overview");
}

status::Group group_in(const status::Overview& overview, const std::string& name) {
  const auto found = std::ranges::find(overview.groups, name, &status::Group::name);
  if (found == overview.groups.end()) throw std::runtime_error(name + ": there is no such group");
  return *found;
}

/// Whether all is well: 0 or 1.
int show_status(const std::filesystem::path& run, bool json, bool colours) {
  const auto told = ask_status(run);
  const auto overview = told.get<status::Overview>();
  std::cout << (json ? told.dump() + "\n" : status::table(overview, colours)) << std::flush;
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
      std::cerr << error.what() << '\n';  // it may be about to start again
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  return 0;
}

int reload(const std::filesystem::path& run, const std::string& name) {
  const auto before = group_in(ask_status(run).get<status::Overview>(), name);
  ask_container(run, {{"ask", "reload"}, {"group", name}});
  const auto until = steady_clock::now() + kLongestReload;
  while (steady_clock::now() < until) {
    const auto group = group_in(ask_status(run).get<status::Overview>(), name);
    if (group.refusals > before.refusals && group.refused) {
      std::cerr << name << ": refused: " << group.refused->message << '\n';
      return 1;
    }
    const bool is_new = status::number_of(group.generation) > status::number_of(before.generation);
    if (is_new && group.disagree.empty()) {
      std::cout << group.generation << '\n';
      return 0;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  throw std::runtime_error(name + ": not reloaded within a minute; see `shoal status`");
}

int is_ready(const std::filesystem::path& run) {
  const auto told = ask_container(run, {{"ask", "ready"}});
  std::cout << told.at("line").get<std::string>() << '\n';
  return told.at("ready").get<bool>() ? 0 : 1;
}

}  // namespace shoal::daemon
