#include "site.hpp"

#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "built.hpp"
#include "eventually.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;

/// Short, for the path of a unix socket has at most 107 bytes.
fs::path make_folder() {
  std::string name = (fs::temp_directory_path() / "shoal.XXXXXX").native();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error(name + ": cannot be made");
  return fs::canonical(name);
}

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

Site::Site(Plan plan) : plan_(std::move(plan)), here_(make_folder()) {
  if (plan_.apps == "apps") fs::create_directory(here_ / "apps");
}

Site::~Site() {
  visitor_.reset();
  nginx_.reset();
  container_.reset();
  std::error_code none;
  fs::remove_all(here_, none);
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
  const fs::path aside = here_ / "aside.so";
  for (const auto& path : paths) {
    const fs::path to = here_ / plan_.apps / path;
    fs::create_directories(to.parent_path());
    fs::copy_file(from / path, aside);
    fs::rename(aside, to);
  }
}

void Site::withdraw(const std::string& module) { fs::remove(file(module)); }

fs::path Site::file(const std::string& module) const {
  return here_ / plan_.apps / path_of(module);
}

void Site::shell(const std::string& line) {
  const auto [exit_code, output] =
      run("set -e; " + line,
          {"HERE=" + here_.native(), "APPS=" + (here_ / plan_.apps).native(),
           std::string("BUILT=") + built::kModules, std::string("SHOAL=") + built::kContainer});
  ASSERT_EQ(exit_code, 0) << line << "\n" << output;
}

void Site::start() {
  start_container();
  start_nginx();
}

void Site::start_container(std::optional<int> input) {
  write_settings();
  const std::size_t starts = said("ready: ");
  std::vector<std::string> command{built::kContainer, "serve", "-c",
                                   (here_ / "shoal.yaml").native()};
  if (!plan_.under.empty()) {
    command.insert(command.begin(), {"/bin/sh", "-c", placed(plan_.under), "shoal"});
  }
  container_.emplace(command, here_ / "shoal.log", Environment{}, input);
  ASSERT_TRUE(eventually([&] { return !container_->runs() || said("ready: ") > starts; }));
  ASSERT_TRUE(container_->runs()) << "the container did not start";
}

void Site::start_nginx() {
  nginx_.emplace(here_, "unix:" + socket().native(), plan_.next_upstream, placed(plan_.location));
  visitor_.emplace(nginx_->port());
}

std::vector<pid_t> Site::workers() const {
  const std::string id = std::to_string(container_->id());
  std::ifstream children(proc(container_->id()) / "task" / id / "children");
  std::vector<pid_t> workers;
  for (pid_t worker = 0; children >> worker;) workers.push_back(worker);
  return workers;
}

Outcome Site::serve_to_the_end(const std::string& configuration) {
  write_settings();
  return run("set -- " + std::string(built::kContainer) + " serve -c " +
             (here_ / configuration).native() + "; " +
             (plan_.under.empty() ? "exec \"$@\"" : placed(plan_.under)));
}

int Site::stop_container(int signal) {
  container_->send(signal);
  return container_->wait();
}

Answer Site::get(const std::string& path) { return visitor_->get(path); }

Answer Site::ask(const Question& question) { return visitor_->ask(question); }

std::string Site::log() const { return contents(here_ / "shoal.log"); }

void Site::reconfigure(const std::string& from, const std::string& to) {
  const std::filesystem::path file = here_ / "shoal.yaml";
  std::string text = contents(file);
  const auto at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  std::ofstream(file) << text.replace(at, from.size(), to);
  container().send(SIGHUP);
}

std::size_t Site::said(const std::string& text) const {
  const std::string all = log();
  std::size_t times = 0;
  for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++times;
  return times;
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

std::size_t Site::mappings() const { return lines_of(proc(worker()) / "maps").size(); }

std::size_t Site::descriptors() const {
  const fs::directory_iterator all(proc(worker()) / "fd");
  return static_cast<std::size_t>(std::count_if(begin(all), end(all), [](const auto& entry) {
    std::error_code gone;
    return !fs::read_symlink(entry.path(), gone).native().starts_with("socket:") && !gone;
  }));
}

std::size_t Site::stage_folders() const {
  std::size_t folders = 0;
  for (const auto& container : fs::directory_iterator(here_ / "run" / "stages")) {
    const fs::directory_iterator stages(container.path());
    folders += static_cast<std::size_t>(std::distance(begin(stages), end(stages)));
  }
  return folders;
}

std::string Site::placed(std::string text) const {
  for (auto at = text.find("$HERE"); at != std::string::npos; at = text.find("$HERE", at)) {
    text.replace(at, 5, here_.native());
  }
  return text;
}

void Site::write_settings() const {
  std::ofstream(here_ / "shoal.yaml")
      << "listen: " << placed(plan_.listen) << "\nworkers: " << plan_.workers
      << "\napps: " << plan_.apps << "\nrun: run\ngroups: " << plan_.groups
      << "\nsweep: " << plan_.sweep << "\nmodules: " << placed(plan_.modules)
      << (plan_.status.empty() ? "" : "\nstatus: " + plan_.status)
      << (plan_.state.empty() ? "" : "\nstate: " + plan_.state)
      << (plan_.health.empty() ? "" : "\nhealth: " + placed(plan_.health))
      << "\nlimits: " << plan_.limits << "\nlog: " << placed(plan_.log)
      << "\nroutes: " << plan_.routes << "\n";
}

std::string version_of(const Answer& answer) {
  // Lines such as `menu 1`. No std::regex: cpp-httplib's own copy of it is not instrumented, and
  // ThreadSanitizer would report what it does as soon as ours takes its place.
  std::istringstream lines(answer.body);
  std::vector<std::string> parts;
  std::set<std::string> versions;
  for (std::string part, version; lines >> part >> version;) {
    parts.push_back(part);
    versions.insert(version);
  }
  const bool is_page = answer.status == 200 && parts.size() == 4 && parts[0] == "layout" &&
                       parts[2] == "menu" && parts[3] == "layout";
  if (is_page && versions.size() == 1) return *versions.begin();
  return "status " + std::to_string(answer.status) + " " + answer.failure + ": " + answer.body;
}

std::string not_whole(const std::string&, const Answer& answer) {
  const std::string version = version_of(answer);
  return version == "1" || version == "2" ? "" : version;
}

std::string not_lone(const std::string&, const Answer& answer) {
  const bool known = answer.body == "lone 1\n" || answer.body == "lone 2\n";
  return answer.status == 200 && known
             ? ""
             : "status " + std::to_string(answer.status) + " " + answer.failure;
}

}  // namespace shoal::system
