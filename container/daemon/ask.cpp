#include "daemon/ask.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/nearest.hpp"
#include "daemon/control.hpp"
#include "status/health.hpp"
#include "status/json.hpp"
#include "status/table.hpp"

namespace shoal::daemon {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kLongestReload{60};  // the probe alone may take 20 s
constexpr std::chrono::seconds kLongestStart{30};   // of a worker process
constexpr const char* kClearScreen = "\033[H\033[2J";

nlohmann::json ask_status(const std::filesystem::path& run) {
  return ask_container(run, {{"ask", "status"}}).at("overview");
}

/// The group as the container tells of it. What groups there are is known only while a process
/// serves, so this waits for one.
status::Group ask_group(const std::filesystem::path& run, const std::string& name) {
  const auto until = steady_clock::now() + kLongestStart;
  for (bool waits = false;; waits = true) {
    const auto overview = ask_status(run).get<status::Overview>();
    const auto found = std::ranges::find(overview.groups, name, &status::Group::name);
    if (found != overview.groups.end()) return *found;
    if (status::workers_in(overview, status::Worker::State::kServing) > 0) {
      std::vector<std::string> names;
      for (const auto& group : overview.groups) names.push_back(group.name);
      throw std::runtime_error(name + ": there is no such group" + base::did_you_mean(name, names));
    }
    if (steady_clock::now() >= until) {
      throw std::runtime_error(name +
                               ": no worker process serves now, so nothing can be reloaded; the "
                               "error log says why none starts");
    }
    if (!waits) std::cerr << name << ": waiting, for no worker process serves now\n";
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
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

int is_ready(const std::filesystem::path& run) {
  const auto told = ask_container(run, {{"ask", "ready"}});
  std::cout << told.at("line").get<std::string>() << '\n';
  return told.at("ready").get<bool>() ? 0 : 1;
}

int reload(const std::filesystem::path& run, const std::string& name) {
  const auto before = ask_group(run, name);
  ask_container(run, {{"ask", "reload"}, {"group", name}});
  const auto until = steady_clock::now() + kLongestReload;
  while (steady_clock::now() < until) {
    const auto group = ask_group(run, name);
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

}  // namespace shoal::daemon
