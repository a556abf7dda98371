#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <future>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "http.hpp"
#include "nginx.hpp"
#include "process.hpp"
#include "temporary_folder.hpp"
#include "visitors.hpp"

namespace shoal::system {

/// What the configuration of one test has that differs from the defaults here. The first members
/// are YAML: what stands behind the colon of the key. $HERE is the test's folder.
struct SiteOptions {
  std::string listen = "[{ socket: \"unix:$HERE/shoal.sock\", mode: \"0600\" }]";
  std::string workers = "{ threads: 8, grace: 60s }";
  std::string groups = "true";
  // A long wait, since a container slowed down by sanitizers must not look like a broken one.
  std::string sweep = "{ settle: 500ms, wait: 60s }";
  std::string modules = "{}";
  std::string limits = "{ body: 1MiB }";
  std::string log = "{ level: debug, file: stderr }";
  std::string routes =
      "{ /: site.screen, /lone: lone, /late: late, /answers: answers, /echo: echo, /slow: slow }";
  std::string status = "";    ///< empty: the key is left out
  std::string state = "";     ///< empty: the key is left out
  std::string health = "";    ///< empty: the key is left out
  std::string apps = "apps";  ///< the apps folder, also for the drops of the test
  /// For nginx. "off": nginx does not retry, so the visitor sees each request that the container
  /// fails. "error": as in the shipped configuration, nginx retries when a kept connection turns
  /// out to be closed.
  std::string next_upstream = "off";
  std::string location = "";  ///< more lines for nginx's location
  /// A line of shell that ends with `exec "$@"`, which executes the container: prepares its
  /// process, e.g. takes rights from it.
  std::string wrapper = "";
};

/// A test with a website of its own: a folder, the real container in it, and a real nginx in front,
/// with the packaged fastcgi_params and kept connections. Both are stopped when the test ends, and
/// the container must end with exit code 0. A test that fails shows the logs of both.
///
/// Lines of shell know $HERE (the test's folder), $APPS, $BUILT (the test modules, a folder per
/// version) and $SHOAL (the program).
class Site : public ::testing::Test {
 protected:
  explicit Site(SiteOptions options = {});
  void TearDown() override;

  // --- dropping

  /// Renames each of these modules of the version into place, or all modules of the version.
  void drop(const std::string& version, std::initializer_list<std::string> modules = {});

  /// Renames a copy of this file into the place of the module. A relative path begins at $BUILT.
  void drop_file(const std::filesystem::path& built_file, const std::string& module);
  void remove_module(const std::string& module);

  /// Runs a line of shell, which must succeed.
  void shell(const std::string& line);

  /// Returns the path of the module in the apps folder.
  std::filesystem::path file(const std::string& module) const;

  // --- serving

  /// Writes `shoal.yaml`; `start_container` calls this, too.
  void write_configuration() const;

  /// Starts container and nginx. Returns when both are ready.
  void start();
  void start_container(std::optional<int> input = {});
  void start_nginx();

  /// Starts another container, which is expected to fail, with the test's own configuration or
  /// another one in its folder. Waits for its end.
  Outcome serve_until_exit(const std::string& configuration = "shoal.yaml");

  /// Sends the signal, waits for the end of the container and returns its exit code.
  int stop_container(int signal);
  Process& container() { return *container_; }

  /// Replaces a text of the configuration and sends SIGHUP, so that the container reloads it.
  void reconfigure(const std::string& from, const std::string& to);

  /// Runs `shoal` with these arguments in the test's folder.
  Outcome shoal(const std::string& arguments) const;

  /// Returns the process ids of the workers: the child processes of the container's first process.
  std::vector<pid_t> workers() const;

  /// Returns the deployer's process id; 0 while there is none.
  pid_t deployer() const;

  /// Returns the process id of the first worker.
  pid_t worker() const { return workers().at(0); }

  // --- requests

  Response get(const std::string& path);
  Response send(const Request& request);

  /// Returns the generation that answers this path now, e.g. `site/2`.
  std::string generation(const std::string& path) { return get(path).generation(); }

  /// Sends a request whose module waits: it creates the file `$HERE/NAME.reached`, and goes on when
  /// `$HERE/NAME.go` exists. Returns when the module waits. The modules that do so are `slow` and
  /// `site.screen.patient`.
  std::future<Response> begin_request(const std::string& path = "/slow",
                                      const std::string& name = "meeting");

  /// Waits until a module waits under this name: in a request, or in its constructor.
  void expect_waiting(const std::string& name = "meeting") const;

  /// Lets the module that waits under this name go on.
  void let_go_on(const std::string& name = "meeting") const;

  /// The port of nginx.
  std::uint16_t port() const { return nginx_->port(); }

  // --- what can be observed

  const std::filesystem::path& here() const { return folder_.path(); }
  std::filesystem::path socket() const { return here() / "shoal.sock"; }
  std::string log() const;

  /// Returns how many times the container's log contains this text.
  std::size_t said(const std::string& text) const;

  /// Returns the first refusal of a drop in the log, without what stands before it in its line.
  std::string first_refusal() const;

  /// Returns the staged modules that the worker maps, without stubs.
  std::set<std::string> mapped_stage_files() const;

  /// Returns how many descriptors the worker has open, without sockets: nginx opens and closes
  /// connections at any time.
  std::size_t descriptors() const;

  /// Returns how many stages the run folder holds: one for each generation.
  std::size_t stage_folders() const;

 private:
  std::vector<pid_t> processes_named(const std::string& name) const;

  void place(const std::filesystem::path& from, const std::filesystem::path& to) const;
  std::string with_folder(std::string text) const;

  // Destroyed from the bottom up: the programs end before their folder is removed.
  const SiteOptions options_;
  const TemporaryFolder folder_;
  std::optional<Process> container_;
  std::optional<Nginx> nginx_;
  std::optional<Visitor> visitor_;
};

/// Returns the one version that all parts of a page of the site have, e.g. `2`. If they differ, or
/// the response is not such a page, returns the response, for the test to show.
std::string version_of(const Response& response);

// Checks for Visitors: they return what is wrong with a response, or an empty text.

/// A page of the site must be complete and of one version, 1 or 2.
std::string check_page(const std::string& path, const Response& response);

/// The module `lone` must answer, in version 1 or 2.
std::string check_lone(const std::string& path, const Response& response);

/// The module `lone` must answer, in version 1.
std::string check_lone_1(const std::string& path, const Response& response);

}  // namespace shoal::system
