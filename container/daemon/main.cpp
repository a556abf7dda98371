#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <string>

#include "daemon/ask.hpp"
#include "daemon/check.hpp"
#include "daemon/default_configuration.hpp"
#include "daemon/drop.hpp"
#include "daemon/journal.hpp"
#include "daemon/probe.hpp"
#include "daemon/serve.hpp"
#include "daemon/trial_process.hpp"
#include "settings/settings.hpp"

namespace {

constexpr int kGood = 0;
constexpr int kBad = 1;    // the thing asked about
constexpr int kUsage = 2;  // the words of the command

void add_config_option(CLI::App& command, std::string& file) {
  command.add_option("-c,--config", file, "The configuration file")->capture_default_str();
}

CLI::App* add_drop(CLI::App& app, shoal::daemon::DropWords& words) {
  auto* drop = app.add_subcommand("drop", "Put modules into an apps folder, all at once");
  drop->add_option("PATH", words.paths, "Shared objects, and folders of them as they lie there")
      ->required();
  drop->add_option("--apps", words.apps, "The apps folder")->required();
  drop->add_option("--as", words.as, "The dotted name of the one file");
  return drop;
}

CLI::App* add_probe(CLI::App& app, shoal::daemon::ProbeWords& words) {
  auto* probe = app.add_subcommand("probe", "Tell whether modules would load, and unload");
  probe->add_option("FILE", words.files, "Shared objects, taken as one group unless -c tells more")
      ->required();
  probe->add_option("-c,--config", words.config,
                    "Try them with the groups and settings of this configuration file");
  probe->add_flag("--json", words.json, "Print JSON");
  return probe;
}

/// What the container starts itself as, to try a drop out.
CLI::App* add_trial(CLI::App& app, shoal::daemon::TrialWords& words) {
  auto* trial = app.add_subcommand(shoal::daemon::kTrialCommand)->group("");
  trial->add_option("state", words.state)->required();
  trial->add_option("size", words.size)->required();
  return trial;
}

/// The words of `shoal status` and `shoal reload`.
struct AskWords {
  std::string config = shoal::daemon::default_configuration();
  bool json = false;
  bool watch = false;
  bool ready = false;
  std::string group;
};

CLI::App* add_status(CLI::App& app, AskWords& words) {
  auto* status = app.add_subcommand("status", "Tell what the running container does");
  add_config_option(*status, words.config);
  auto* json = status->add_flag("--json", words.json, "Print JSON");
  auto* watch = status->add_flag("--watch", words.watch, "Again every second, until interrupted");
  status->add_flag("--ready", words.ready, "Tell only whether it should get requests: exit 0 or 1")
      ->excludes(json)
      ->excludes(watch);
  return status;
}

CLI::App* add_reload(CLI::App& app, AskWords& words) {
  auto* reload = app.add_subcommand("reload", "Replace a group by a new generation of its files");
  reload->add_option("GROUP", words.group, "Its name")->required();
  add_config_option(*reload, words.config);
  return reload;
}

template <typename Command>
int saying_what_is_wrong(const Command& command) {
  const auto say = [](const std::string& text) {
    std::cerr << shoal::daemon::for_standard_error(spdlog::level::err, text + '\n');
  };
  try {
    return command();
  } catch (const shoal::settings::SettingsError& error) {
    for (const auto& line : error.errors()) say(line);
  } catch (const std::exception& error) {
    say(std::string("shoal: ") + error.what());
  }
  return kBad;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Shoal: a FastCGI container that replaces whole groups of C++ modules while it serves");
  app.set_version_flag("--version", "shoal " SHOAL_VERSION);
  app.require_subcommand(1);
  std::string file = shoal::daemon::default_configuration();
  add_config_option(*app.add_subcommand("serve", "Serve until TERM, INT or QUIT"), file);
  auto* check = app.add_subcommand("check", "Print the configuration as understood, or its errors");
  add_config_option(*check, file);
  bool check_probes = false;
  check->add_flag("--probe", check_probes, "Try each group with its settings, too");
  shoal::daemon::DropWords words;
  const auto* drop = add_drop(app, words);
  shoal::daemon::ProbeWords probe_words;
  const auto* probe = add_probe(app, probe_words);
  AskWords ask_words;
  const auto* status = add_status(app, ask_words);
  const auto* reload = add_reload(app, ask_words);
  shoal::daemon::TrialWords trial_words;
  const auto* trial = add_trial(app, trial_words);
  app.footer("The configuration, unless another is named: " + file);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kGood : kUsage;
  }
  if (trial->parsed()) return shoal::daemon::run_trial(trial_words);
  if (drop->parsed()) return shoal::daemon::drop(words);
  if (probe->parsed())
    return saying_what_is_wrong([&] { return shoal::daemon::probe(probe_words); });
  return saying_what_is_wrong([&] {
    if (status->parsed() || reload->parsed()) {
      const auto run = shoal::settings::run_folder_of(ask_words.config);
      if (reload->parsed()) return shoal::daemon::reload(run, ask_words.group);
      return ask_words.ready ? shoal::daemon::is_ready(run)
                             : shoal::daemon::status(run, ask_words.json, ask_words.watch);
    }
    const auto settings = shoal::settings::read(file);
    return check->parsed() ? shoal::daemon::check(settings, check_probes)
                           : shoal::daemon::serve(settings);
  });
}
