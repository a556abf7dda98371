#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "daemon/check.hpp"
#include "daemon/serve.hpp"
#include "settings/settings.hpp"

namespace {

constexpr int kGood = 0;
constexpr int kBad = 1;    // the thing asked about
constexpr int kUsage = 2;  // the words of the command

void add_config_option(CLI::App& command, std::string& file) {
  command.add_option("-c,--config", file, "The configuration file")->capture_default_str();
}

int run(const CLI::App& check, const std::string& file) {
  try {
    const auto settings = shoal::settings::read(file);
    return check.parsed() ? shoal::daemon::check(settings) : shoal::daemon::serve(settings);
  } catch (const shoal::settings::SettingsError& error) {
    for (const auto& line : error.errors()) std::cerr << line << '\n';
  } catch (const std::exception& error) {
    std::cerr << "shoal: " << error.what() << '\n';
  }
  return kBad;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Shoal: a FastCGI container that replaces whole groups of C++ modules while it serves");
  app.set_version_flag("--version", "shoal " SHOAL_VERSION);
  app.require_subcommand(1);
  std::string file = SHOAL_CONFIGURATION;
  add_config_option(*app.add_subcommand("serve", "Serve until TERM, INT or QUIT"), file);
  auto* check = app.add_subcommand("check", "Print the configuration as understood, or its errors");
  add_config_option(*check, file);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kGood : kUsage;
  }
  return run(*check, file);
}
