#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "http.hpp"
#include "nginx.hpp"
#include "process.hpp"

namespace shoal::system {

/// What one test's configuration says where it differs from all others: YAML, as it stands after
/// the key's colon. $HERE stands for the test's folder.
struct Plan {
  std::string listen = "[{ socket: \"unix:$HERE/shoal.sock\", mode: \"0600\" }]";
  std::string workers = "{ threads: 8, grace: 60s }";
  std::string groups = "true";
  // Patient, for a machine that is slowed down by sanitizers must not look like a broken container.
  std::string sweep = "{ settle: 500ms, wait: 60s }";
  std::string modules = "{}";
  std::string limits = "{ body: 1MiB }";
  std::string log = "{ level: debug, file: stderr }";
  std::string routes =
      "{ /: site.screen, /lone: lone, /late: late, /answers: answers, /echo: echo, /slow: slow }";
  std::string status = "";    ///< empty: the key is left out
  std::string state = "";     ///< the same
  std::string health = "";    ///< the same; $HERE is known
  std::string apps = "apps";  ///< as the container is told; drops go there as well
  /// Off: a request that the container fails must be seen to fail. `error` is what the shipped site
  /// file says, and asks once more when a kept connection turns out to be closed.
  std::string next_upstream = "off";
  std::string location = "";  ///< more lines for nginx's location; $HERE is known
  /// A line of shell that ends with `exec "$@"` and becomes the container: for what has to be set
  /// up in its process, e.g. less rights.
  std::string under = "";
};

/// A test with a website of its own: a folder, the real container in it, and a real nginx before it
/// with stock fastcgi_params and kept connections. Both are stopped when the test ends, and the
/// container must leave with exit code 0. A test that fails shows what both had to say.
///
/// Lines of shell know $HERE (the test's folder), $APPS, $BUILT (the test modules, a folder per
/// version) and $SHOAL (the program).
class Site : public ::testing::Test {
 protected:
  explicit Site(Plan plan = {});
  ~Site() override;
  void TearDown() override;

  // --- dropping

  /// Renames each of these modules of the version into place; of the whole version if none is
  /// named.
  void drop(const std::string& version, std::initializer_list<std::string> modules = {});
  void withdraw(const std::string& module);
  void shell(const std::string& line);

  /// Where the module lies in the apps folder.
  std::filesystem::path file(const std::string& module) const;

  // --- serving

  /// Makes `shoal.yaml` of the plan, as `start_container` does by itself.
  void write_settings() const;

  /// Starts container and nginx; returns when both are ready.
  void start();
  void start_container(std::optional<int> input = {});
  void start_nginx();

  /// Starts another container, which is expected not to start, with the test's own configuration or
  /// another in its folder.
  Outcome serve_to_the_end(const std::string& configuration = "shoal.yaml");

  /// Sends the signal and waits for the end; returns the exit code.
  int stop_container(int signal);
  Process& container() { return *container_; }

  /// Changes a text of the configuration and has it read again.
  void reconfigure(const std::string& from, const std::string& to);

  /// The processes that serve, the children of the container's own; of one, when there is but one.
  std::vector<pid_t> workers() const;
  pid_t worker() const { return workers().at(0); }

  // --- asking

  Answer get(const std::string& path);
  Answer ask(const Question& question);

  /// The generation that answers this path now, e.g. `site/2`.
  std::string generation(const std::string& path) { return get(path).generation(); }
  std::uint16_t port() const { return nginx_->port(); }

  // --- looking

  const std::filesystem::path& here() const { return here_; }
  std::filesystem::path socket() const { return here_ / "shoal.sock"; }
  std::string log() const;

  /// How often the container's log says this.
  std::size_t said(const std::string& text) const;
  std::set<std::string> mapped_stage_files() const;  ///< copies of modules, without stubs
  std::size_t mappings() const;

  /// Of the worker, sockets left out: nginx opens and closes those as it likes.
  std::size_t descriptors() const;
  std::size_t stage_folders() const;

 private:
  std::string placed(std::string text) const;

  const Plan plan_;
  const std::filesystem::path here_;
  std::optional<Process> container_;
  std::optional<Nginx> nginx_;
  std::optional<Visitor> visitor_;
};

/// The version that everything in the answer of a page of the site has, e.g. `2`. If it has
/// several, or there is no such answer, what came instead, for the test to show.
std::string version_of(const Answer& answer);

/// What is wrong with the answer of such a page; empty when it is whole, of whatever version.
std::string not_whole(const std::string& path, const Answer& answer);

/// For Clients: what is wrong with an answer of the module `lone`, of either version; empty:
/// nothing.
std::string not_lone(const std::string& path, const Answer& answer);

}  // namespace shoal::system
