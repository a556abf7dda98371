#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/nearest.hpp"
#include "commands/commands.hpp"
#include "commands/container_status.hpp"
#include "control/control_socket.hpp"
#include "status/health.hpp"
#include "status/json.hpp"

namespace shoal::commands {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kLongestReload{60};  // the probe alone may take 20 s
constexpr std::chrono::seconds kLongestStart{30};   // of a worker
constexpr std::chrono::milliseconds kInterval{20};  // between two questions

/// Returns the group as the container reports it. Groups are known only while a worker serves, so
/// this waits for one.
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
                               ": no worker process serves now, so nothing can be reloaded; look "
                               "into the error log for the reason");
    }
    if (!waits) std::cerr << name << ": no worker process serves now; waiting for one\n";
    std::this_thread::sleep_for(kInterval);
  }
}

}  // namespace

int reload(const std::filesystem::path& run, const std::string& name) {
  const auto before = ask_group(run, name);
  control::ask_container(run, {{"ask", "reload"}, {"group", name}});
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
    std::this_thread::sleep_for(kInterval);
  }
  throw std::runtime_error(name + ": not reloaded within a minute; see `shoal status`");
}

}  // namespace shoal::commands
