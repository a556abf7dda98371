#include "releases/apps/drop.hpp"

#include <fcntl.h>

#include <cerrno>
#include <chrono>
#include <exception>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "base/failure.hpp"
#include "commands/blocked_signals.hpp"
#include "commands/commands.hpp"
#include "commands/verdicts.hpp"
#include "control/ask_container.hpp"
#include "releases/apps/digest.hpp"
#include "settings/settings.hpp"

namespace shoal::commands {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Why = control::NotAnswered::Why;

constexpr int kGood = 0;
constexpr int kBad = 1;
constexpr int kUsage = 2;

/// What was put into the apps folder.
struct Dropped {
  std::vector<releases::Drop> drops;
  json modules = json::object();  ///< name -> SHA-256 of the file; empty if no container is asked
  steady_clock::time_point since{};  ///< when the first file was renamed
};

/// Returns true if the running container is to be asked for its verdict.
bool asks(const DropArguments& arguments) { return arguments.apps.empty() && !arguments.no_wait; }

std::string digest_of(const fs::path& copy) {
  const base::Descriptor file(::open(copy.c_str(), O_RDONLY | O_CLOEXEC));
  const auto digest = file ? releases::sha256_of(file.get()) : std::nullopt;
  if (digest) return *digest;
  base::fail({.thing = copy.native(),
              .fact = "cannot be read",
              .error = errno,
              .remedy = "check the disk, and drop it again"});
}

Dropped drop_files(const DropArguments& arguments, const BlockedSignals& signals) {
  releases::DropRequest request{.paths = {arguments.paths.begin(), arguments.paths.end()},
                                .apps = arguments.apps.empty()
                                            ? settings::apps_folder_of(arguments.config)
                                            : fs::path(arguments.apps),
                                .as = {}};
  if (!arguments.as.empty()) request.as = arguments.as;
  Dropped dropped{.drops = releases::plan(request)};
  // The digest of the copy, not of the file it was made of: that one may change meanwhile.
  releases::Copied digest;
  if (asks(arguments)) {
    digest = [&dropped](const releases::Drop& drop, const fs::path& copy) {
      dropped.modules[drop.module] = digest_of(copy);
    };
  }
  releases::drop(
      dropped.drops, request.apps,
      [&] {
        dropped.since = steady_clock::now();  // the last time, right before the first rename
        return signals.pending();
      },
      digest);
  return dropped;
}

/// Returns what to say when a drop has no verdict: the files are in place.
std::string without_verdict(const control::NotAnswered& error, const DropArguments& arguments) {
  const std::string in_place = "the files are in place, ";
  switch (error.why()) {
    case Why::kNoContainer:
      return "the files are in place, and the next start reads them: " + std::string(error.what());
    case Why::kNoAccess:
      return in_place +
             "but this user may not ask the container for the verdict; become a member of the "
             "group that control.group names in " +
             arguments.config + ", or run `shoal status` as the container's user";
    case Why::kTooLate:
      return in_place +
             "but there is no verdict yet; see `shoal status`, or wait for longer with "
             "--wait: " +
             error.what();
    case Why::kEnded:
      return in_place + "but there is no verdict; see `shoal status`: " + error.what();
    case Why::kStopped:
      return in_place + "but a signal ended the wait for the verdict; see `shoal status`";
  }
  return in_place + error.what();
}

bool is_good(Why why) { return why == Why::kNoContainer || why == Why::kNoAccess; }

/// Waits for the verdicts and returns the exit code. Adds to `result` what --json prints.
int tell_verdicts(const DropArguments& arguments, const Dropped& dropped, BlockedSignals& signals,
                  json& result) try {
  const auto answer = ask_and_wait(
      settings::run_folder_of(arguments.config), {{"ask", "drop"}, {"modules", dropped.modules}},
      arguments.wait, "dropped; waiting for the verdict", [&signals] { return signals.pending(); });
  const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - dropped.since);
  const auto verdicts = verdicts_in(answer);
  result["groups"] = answer.value("groups", json::array());
  result["milliseconds"] = took.count();
  return arguments.json ? exit_code_of(verdicts) : print(verdicts, took);
} catch (const control::NotAnswered& error) {
  if (error.why() == Why::kStopped) signals.take();
  std::cerr << "shoal drop: " << without_verdict(error, arguments) << '\n';
  return is_good(error.why()) ? kGood : kBad;
} catch (const std::exception& error) {
  std::cerr << "shoal drop: the files are in place, but there is no verdict: " << error.what()
            << '\n';
  return kBad;
}

/// Drops, tells, asks, tells: a straight line.
int drop_and_tell(const DropArguments& arguments, BlockedSignals& signals) {
  const Dropped dropped = drop_files(arguments, signals);
  json result{{"dropped", json::array()}, {"groups", json::array()}};
  for (const auto& each : dropped.drops) {
    result["dropped"].push_back({{"module", each.module}, {"from", each.from.native()}});
    if (!arguments.json) std::cout << each.module << " <- " << each.from.native() << '\n';
  }
  std::cout.flush();
  const int exit_code =
      asks(arguments) ? tell_verdicts(arguments, dropped, signals, result) : kGood;
  if (arguments.json) {
    std::cout << result.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
  }
  return exit_code;
}

}  // namespace

int drop(const DropArguments& arguments) {
  std::error_code ignored;
  if (!arguments.as.empty() &&
      (arguments.paths.size() != 1 || fs::is_directory(arguments.paths.front(), ignored))) {
    std::cerr << "--as: names a single file; leave it out for several paths or a folder\n"
                 "Run with --help for more information.\n";
    return kUsage;
  }
  BlockedSignals signals;
  try {
    return drop_and_tell(arguments, signals);
  } catch (const releases::PlanError& error) {
    for (const auto& line : error.lines()) std::cerr << line << '\n';
    std::cerr << "shoal drop: " << error.what() << '\n';
  } catch (const settings::SettingsError& error) {
    for (const auto& line : error.errors()) std::cerr << line << '\n';
    std::cerr << "shoal drop: nothing was dropped\n";
  } catch (const std::exception& error) {
    std::cerr << "shoal drop: " << error.what() << '\n';
  }
  return kBad;
}

}  // namespace shoal::commands
