#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>

#include "commands/commands.hpp"
#include "control/journal.hpp"
#include "daemon/default_configuration.hpp"
#include "daemon/serve.hpp"
#include "deployer/from_settings.hpp"
#include "settings/settings.hpp"
#include "settings/units.hpp"
#include "worker/probing.hpp"

namespace {

namespace commands = shoal::commands;
namespace worker = shoal::worker;

constexpr int kGood = 0;
constexpr int kBad = 1;
constexpr int kUsage = 2;

void add_config_option(CLI::App& command, std::string& file) {
  command.add_option("-c,--config", file, "The configuration file")->capture_default_str();
}

/// An option that takes a duration, written as in the configuration.
CLI::Option* add_wait_option(CLI::App& command, std::chrono::milliseconds& wait) {
  const auto read = [&wait](const std::string& text) {
    try {
      wait = shoal::settings::parse_duration(text);
    } catch (const std::exception& error) {
      throw CLI::ValidationError("--wait", error.what());
    }
    if (wait < std::chrono::milliseconds(1) || wait > std::chrono::hours(24)) {
      throw CLI::ValidationError("--wait", text + " is out of range; write 1ms to 24h");
    }
  };
  return command
      .add_option_function<std::string>("--wait", read, "How long to wait for the verdict")
      ->type_name("DURATION")
      ->default_str(shoal::settings::to_text(wait));
}

CLI::App* add_drop(CLI::App& app, commands::DropArguments& arguments) {
  auto* drop = app.add_subcommand(
      "drop", "Put modules into the apps folder, all at once, and wait for the verdict");
  drop->add_option("PATH", arguments.paths, "Shared objects, and folders, copied with their layout")
      ->required();
  arguments.config = shoal::daemon::default_configuration();
  auto* config = drop->add_option("-c,--config", arguments.config,
                                  "The configuration file, with the apps folder and the container")
                     ->capture_default_str();
  drop->add_option("--as", arguments.as, "The dotted name for a single file");
  auto* wait = add_wait_option(*drop, arguments.wait);
  drop->add_flag("--no-wait", arguments.no_wait, "Do not ask the container for the verdict")
      ->excludes(wait);
  drop->add_flag("--json", arguments.json, "Print JSON");
  drop->add_option("--apps", arguments.apps, "An apps folder by itself; no container is asked")
      ->excludes(config)
      ->excludes(wait);
  return drop;
}

CLI::App* add_probe(CLI::App& app, commands::ProbeArguments& arguments) {
  auto* probe = app.add_subcommand("probe", "Tell whether modules would load and unload");
  probe
      ->add_option("FILE", arguments.files,
                   "Shared objects; they are one group, unless -c names other groups")
      ->required();
  probe->add_option("-c,--config", arguments.config,
                    "Try them with the groups and settings of this configuration file");
  probe->add_flag("--json", arguments.json, "Print JSON");
  return probe;
}

/// The command with which the container starts a probe.
CLI::App* add_probe_command(CLI::App& app, worker::ProbeArguments& arguments) {
  auto* command = app.add_subcommand(shoal::deployer::kProbeCommand)->group("");
  command->add_option("state", arguments.state)->required();
  command->add_option("size", arguments.size)->required();
  return command;
}

/// The arguments of the commands that ask the running container.
struct AskArguments {
  std::string config = shoal::daemon::default_configuration();
  bool watch = false;
  bool ready = false;
  std::string group;
  unsigned long number = 0;
  std::chrono::milliseconds reload_wait = shoal::control::kReloadWait;
  commands::VerdictOptions verdict;  // its `json` is that of all of these commands
};

CLI::App* add_status(CLI::App& app, AskArguments& arguments) {
  auto* status = app.add_subcommand("status", "Show what the running container does");
  add_config_option(*status, arguments.config);
  auto* json = status->add_flag("--json", arguments.verdict.json, "Print JSON");
  auto* watch =
      status->add_flag("--watch", arguments.watch, "Print it every second, until interrupted");
  status
      ->add_flag("--ready", arguments.ready,
                 "Print only whether it should get requests; exit with 0 or 1")
      ->excludes(json)
      ->excludes(watch);
  return status;
}

/// Returns what is wrong with the name of a group; empty if nothing is.
std::string read_group(const std::string& text) {
  if (!text.empty()) return "";
  return "the name of the group is empty; write one that `shoal status` lists, or leave it out";
}

CLI::App* add_reload(CLI::App& app, AskArguments& arguments) {
  auto* reload = app.add_subcommand(
      "reload",
      "Replace a group by a new generation of the same files, or reload the configuration");
  reload
      ->add_option("GROUP", arguments.group,
                   "The name of the group; without it, the configuration is reloaded")
      ->check(read_group)
      ->type_name("TEXT");
  add_config_option(*reload, arguments.config);
  add_wait_option(*reload, arguments.reload_wait);
  reload->add_flag("--json", arguments.verdict.json, "Print JSON");
  return reload;
}

CLI::App* add_history(CLI::App& app, AskArguments& arguments) {
  auto* history = app.add_subcommand("history", "List the releases that the container keeps");
  history->add_option("GROUP", arguments.group, "The name of a group; without it, all groups")
      ->check(read_group)
      ->type_name("TEXT");
  add_config_option(*history, arguments.config);
  history->add_flag("--json", arguments.verdict.json, "Print JSON");
  return history;
}

/// Returns what is wrong with the number of a release; empty if nothing is.
std::string read_release(const std::string& text) {
  const bool is_number = text.find_first_not_of("0123456789") == std::string::npos;
  if (is_number && !text.starts_with('0') && text.size() < 19) return "";
  return text + " is not the number of a release; write one that `shoal history` lists";
}

CLI::App* add_rollback(CLI::App& app, AskArguments& arguments) {
  auto* rollback =
      app.add_subcommand("rollback", "Serve an earlier release of a group until the next drop");
  rollback->add_option("GROUP", arguments.group, "The name of the group")->required();
  rollback
      ->add_option("NUMBER", arguments.number,
                   "The release, as `shoal history` numbers it; without it, the one before")
      ->check(read_release)
      ->type_name("NUMBER");
  add_config_option(*rollback, arguments.config);
  add_wait_option(*rollback, arguments.verdict.wait);
  rollback->add_flag("--json", arguments.verdict.json, "Print JSON");
  return rollback;
}

/// Asks the running container what the command `name` asks.
int ask(const std::string& name, const AskArguments& arguments) {
  const auto run = shoal::settings::run_folder_of(arguments.config);
  const auto& [config, watch, ready, group, number, reload_wait, verdict] = arguments;
  if (name == "reload") {
    return commands::reload(run, group, {.wait = reload_wait, .json = verdict.json});
  }
  if (name == "history") return commands::history(run, group, verdict.json);
  if (name == "rollback") return commands::rollback(run, group, number, verdict);
  return ready ? commands::is_ready(run) : commands::status(run, verdict.json, watch);
}

/// Runs the command. Prints what it throws, and returns kBad then.
template <typename Command>
int run(const Command& command) {
  const auto print = [](const std::string& text) {
    std::cerr << shoal::control::for_standard_error(spdlog::level::err, text + '\n');
  };
  try {
    return command();
  } catch (const shoal::settings::SettingsError& error) {
    for (const auto& line : error.errors()) print(line);
  } catch (const std::exception& error) {
    print(std::string("shoal: ") + error.what());
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
  check->add_flag("--probe", check_probes, "Also load each group with its settings, in a probe");
  commands::DropArguments drop_arguments;
  const auto* drop = add_drop(app, drop_arguments);
  commands::ProbeArguments probe_arguments;
  const auto* probe = add_probe(app, probe_arguments);
  AskArguments ask_arguments;
  const std::array asking{add_status(app, ask_arguments), add_reload(app, ask_arguments),
                          add_history(app, ask_arguments), add_rollback(app, ask_arguments)};
  worker::ProbeArguments stage_arguments;
  const auto* probe_command = add_probe_command(app, stage_arguments);
  app.footer("Without -c, the configuration is " + file);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kGood : kUsage;
  }
  if (probe_command->parsed()) return worker::run_probe(stage_arguments);
  if (drop->parsed()) return commands::drop(drop_arguments);
  return run([&] {
    if (probe->parsed()) return commands::probe(probe_arguments);
    for (const auto* command : asking) {
      if (command->parsed()) return ask(command->get_name(), ask_arguments);
    }
    const auto settings = shoal::settings::read(file);
    return check->parsed() ? commands::check(settings, check_probes)
                           : shoal::daemon::serve(settings);
  });
}
