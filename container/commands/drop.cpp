#include "commands/commands.hpp"

#include <csignal>
#include <exception>
#include <filesystem>
#include <initializer_list>
#include <iostream>

#include "releases/apps/drop.hpp"

namespace shoal::commands {
namespace {

constexpr int kGood = 0;
constexpr int kBad = 1;
constexpr int kUsage = 2;

/// Blocks the signals that end a process, as long as it lives.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT, SIGQUIT, SIGHUP}) {
      struct sigaction action {};
      // A signal that is ignored, as under nohup, would become pending, too.
      if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_IGN) {
        sigaddset(&set_, signal);
      }
    }
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
    // A file over the size limit is then an error, like a full disk.
    std::signal(SIGXFSZ, SIG_IGN);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

  /// Returns true if one has arrived.
  bool pending() const {
    sigset_t pending;
    if (sigpending(&pending) != 0) return false;
    for (const int signal : {SIGTERM, SIGINT, SIGQUIT, SIGHUP}) {
      if (sigismember(&set_, signal) == 1 && sigismember(&pending, signal) == 1) return true;
    }
    return false;
  }

 private:
  sigset_t set_{};
  sigset_t before_{};
};

}  // namespace

int drop(const DropArguments& arguments) {
  std::error_code ignored;
  if (!arguments.as.empty() && (arguments.paths.size() != 1 ||
                                std::filesystem::is_directory(arguments.paths.front(), ignored))) {
    std::cerr << "--as: names a single file; leave it out for several paths or a folder\n"
                 "Run with --help for more information.\n";
    return kUsage;
  }
  releases::DropRequest request{
      {arguments.paths.begin(), arguments.paths.end()}, arguments.apps, {}};
  if (!arguments.as.empty()) request.as = arguments.as;
  const BlockedSignals signals;
  try {
    const auto drops = releases::plan(request);
    releases::drop(drops, request.apps, [&signals] { return signals.pending(); });
    for (const auto& each : drops) {
      std::cout << each.module << " <- " << each.from.native() << '\n';
    }
    std::cout.flush();
    return kGood;
  } catch (const releases::PlanError& error) {
    for (const auto& line : error.lines()) std::cerr << line << '\n';
    std::cerr << "shoal drop: " << error.what() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "shoal drop: " << error.what() << '\n';
  }
  return kBad;
}

}  // namespace shoal::commands
