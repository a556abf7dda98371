#include "site.hpp"

#include <signal.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>

#include "built.hpp"
#include "eventually.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;

std::string path_of(std::string module) {
  std::ranges::replace(module, '.', '/');
  return module + ".so";
}

fs::path proc(pid_t id) { return fs::path("/proc") / std::to_string(id); }

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

Site::Site(SiteOptions options) : options_(std::move(options)) {
  if (options_.apps == "apps") fs::create_directory(here() / "apps");
}

void Site::TearDown() {
  visitor_.reset();
  if (nginx_) nginx_->stop();
  if (container_ && container_->runs()) {
    EXPECT_EQ(stop_container(SIGTERM), 0);
  }
  if (!HasFailure()) return;
  std::cerr << "--- the container's log\n"
            << log() << "--- nginx's log\n"
            << (nginx_ ? nginx_->log() : "") << "---\n";
}

void Site::drop(const std::string& version, std::initializer_list<std::string> modules) {
  const fs::path from = fs::path(built::kModules) / version;
  std::vector<fs::path> paths;
  for (const auto& module : modules) paths.emplace_back(path_of(module));
  if (paths.empty()) {
    for (const auto& entry : fs::recursive_directory_iterator(from)) {
      if (entry.path().extension() == ".so") paths.push_back(entry.path().lexically_relative(from));
    }
  }
  for (const auto& path : paths) place(from / path, here() / options_.apps / path);
}

void Site::drop_file(const fs::path& built_file, const std::string& module) {
  place(built::kModules / built_file, file(module));
}

void Site::place(const fs::path& from, const fs::path& to) const {
  const fs::path aside = here() / "aside.so";
  fs::create_directories(to.parent_path());
  fs::copy_file(from, aside);
  fs::rename(aside, to);
}

void Site::remove_module(const std::string& module) { fs::remove(file(module)); }

fs::path Site::file(const std::string& module) const {
  return here() / options_.apps / path_of(module);
}

void Site::shell(const std::string& line) {
  const auto [exit_code, output] =
      run("set -e; " + line,
          {"HERE=" + here().native(), "APPS=" + (here() / options_.apps).native(),
           std::string("BUILT=") + built::kModules, std::string("SHOAL=") + built::kContainer});
  ASSERT_EQ(exit_code, 0) << line << "\n" << output;
}

void Site::start() {
  start_container();
  start_nginx();
}

void Site::start_container(std::optional<int> input) {
  write_configuration();
  const std::size_t starts = said("ready: ");
  std::vector<std::string> command{built::kContainer, "serve", "-c",
                                   (here() / "shoal.yaml").native()};
  if (!options_.wrapper.empty()) {
    command.insert(command.begin(), {"/bin/sh", "-c", with_folder(options_.wrapper), "shoal"});
  }
  container_.emplace(command, here() / "shoal.log", Environment{}, input);
  ASSERT_TRUE(eventually([&] { return !container_->runs() || said("ready: ") > starts; }));
  ASSERT_TRUE(container_->runs()) << "the container did not start";
}

void Site::start_nginx() {
  nginx_.emplace(here(), "unix:" + socket().native(), options_.next_upstream,
                 with_folder(options_.location));
  visitor_.emplace(nginx_->port());
}

std::vector<pid_t> Site::processes_named(const std::string& name) const {
  const std::string id = std::to_string(container_->id());
  std::ifstream children(proc(container_->id()) / "task" / id / "children");
  std::vector<pid_t> processes;
  for (pid_t process = 0; children >> process;) {
    std::string comm;
    std::getline(std::ifstream(proc(process) / "comm"), comm);
    if (comm == name) processes.push_back(process);
  }
  return processes;
}

std::vector<pid_t> Site::workers() const { return processes_named("shoal"); }

pid_t Site::deployer() const {
  const auto deployers = processes_named("shoal-deployer");
  return deployers.empty() ? 0 : deployers.front();
}

Outcome Site::serve_until_exit(const std::string& configuration) {
  write_configuration();
  return run("set -- " + std::string(built::kContainer) + " serve -c " +
             (here() / configuration).native() + "; " +
             (options_.wrapper.empty() ? "exec \"$@\"" : with_folder(options_.wrapper)));
}

int Site::stop_container(int signal) {
  container_->send(signal);
  return container_->wait();
}

void Site::reconfigure(const std::string& from, const std::string& to) {
  const std::filesystem::path file = here() / "shoal.yaml";
  std::string text = contents(file);
  const auto at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  write_file(file, text.replace(at, from.size(), to));
  container().send(SIGHUP);
}

Outcome Site::shoal(const std::string& arguments) const {
  return run("cd " + here().native() + "; " + built::kContainer + " " + arguments);
}

Response Site::get(const std::string& path) { return visitor_->get(path); }

Response Site::send(const Request& request) { return visitor_->send(request); }

std::future<Response> Site::begin_request(const std::string& path, const std::string& name) {
  auto response = std::async(std::launch::async, [this, path, name] {
    return Visitor(port()).get(path + "?meet=" + (here() / name).native());
  });
  expect_waiting(name);
  return response;
}

void Site::expect_waiting(const std::string& name) const {
  EXPECT_TRUE(eventually([&] { return fs::exists(here() / (name + ".reached")); })) << name;
}

void Site::let_go_on(const std::string& name) const {
  std::ofstream(here() / (name + ".go")).put('\n');
}

std::string Site::log() const { return contents(here() / "shoal.log"); }

std::size_t Site::said(const std::string& text) const {
  const std::string all = log();
  std::size_t times = 0;
  for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++times;
  return times;
}

std::string Site::first_refusal() const {
  const std::string all = log();
  const auto at = all.find("drop refused: ");
  return at == std::string::npos ? "no drop was refused" : all.substr(at, all.find('\n', at) - at);
}

std::set<std::string> Site::mapped_stage_files() const {
  std::set<std::string> files;
  for (const auto& line : lines_of(proc(worker()) / "maps")) {
    const auto path = line.find('/');
    if (path != std::string::npos && line.find("/stages/", path) != std::string::npos &&
        line.find(".so", path) != std::string::npos) {
      files.insert(line.substr(path));
    }
  }
  return files;
}

std::size_t Site::descriptors() const {
  const fs::directory_iterator all(proc(worker()) / "fd");
  return static_cast<std::size_t>(std::count_if(begin(all), end(all), [](const auto& entry) {
    std::error_code gone;
    return !fs::read_symlink(entry.path(), gone).native().starts_with("socket:") && !gone;
  }));
}

std::size_t Site::stage_folders() const {
  const fs::directory_iterator all(here() / "run" / "stages");
  return static_cast<std::size_t>(
      std::count_if(begin(all), end(all), [](const auto& entry) { return entry.is_directory(); }));
}

std::string Site::with_folder(std::string text) const {
  for (auto at = text.find("$HERE"); at != std::string::npos; at = text.find("$HERE", at)) {
    text.replace(at, 5, here().native());
  }
  return text;
}

void Site::write_configuration() const {
  std::ofstream(here() / "shoal.yaml")
      << "listen: " << with_folder(options_.listen) << "\nworkers: " << options_.workers
      << "\napps: " << options_.apps << "\nrun: run\ngroups: " << options_.groups
      << "\nsweep: " << options_.sweep << "\nmodules: " << with_folder(options_.modules)
      << (options_.status.empty() ? "" : "\nstatus: " + options_.status)
      << (options_.state.empty() ? "" : "\nstate: " + options_.state)
      << (options_.health.empty() ? "" : "\nhealth: " + with_folder(options_.health))
      << "\nlimits: " << options_.limits << "\nlog: " << with_folder(options_.log)
      << "\nroutes: " << options_.routes << "\n";
}

std::string version_of(const Response& response) {
  // Lines such as `menu 1`. Not by std::regex: cpp-httplib has copies of its functions that are not
  // instrumented. ThreadSanitizer would report these as soon as one of them replaces ours.
  std::istringstream lines(response.body);
  std::vector<std::string> parts;
  std::set<std::string> versions;
  for (std::string part, version; lines >> part >> version;) {
    parts.push_back(part);
    versions.insert(version);
  }
  const bool is_page = response.status == 200 && parts.size() == 4 && parts[0] == "layout" &&
                       parts[2] == "menu" && parts[3] == "layout";
  if (is_page && versions.size() == 1) return *versions.begin();
  return "status " + std::to_string(response.status) + " " + response.failure + ": " +
         response.body;
}

std::string check_page(const std::string&, const Response& response) {
  const std::string version = version_of(response);
  return version == "1" || version == "2" ? "" : version;
}

std::string check_lone(const std::string&, const Response& response) {
  const bool known = response.body == "lone 1\n" || response.body == "lone 2\n";
  return response.status == 200 && known
             ? ""
             : "status " + std::to_string(response.status) + " " + response.failure;
}

std::string check_lone_1(const std::string&, const Response& response) {
  return response.body == "lone 1\n" ? "" : "status " + std::to_string(response.status);
}

}  // namespace shoal::system
