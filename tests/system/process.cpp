#include "process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace shoal::system {
namespace {

constexpr std::chrono::minutes kTimeout{3};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> with_inherited(Environment environment) {
  const std::size_t ours = environment.size();
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view variable = *each;
    const std::string_view name = variable.substr(0, variable.find('=') + 1);
    const bool replaced =
        std::any_of(environment.begin(), environment.begin() + static_cast<std::ptrdiff_t>(ours),
                    [&](const std::string& own) { return own.starts_with(name); });
    if (!replaced) environment.emplace_back(variable);
  }
  return environment;
}

pid_t start(const std::vector<std::string>& program, const std::filesystem::path& output,
            const Environment& environment, std::optional<int> input) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  if (input) {
    posix_spawn_file_actions_adddup2(&files, *input, STDIN_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  auto variables = with_inherited(environment);
  // setpriv executes the program, so the process id stays the same.
  std::vector<std::string> command{"setpriv", "--pdeathsig", "TERM", "--"};
  command.insert(command.end(), program.begin(), program.end());
  pid_t id = 0;
  const int error = ::posix_spawnp(&id, command.front().c_str(), &files, nullptr,
                                   pointers(command).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) throw std::system_error(error, std::system_category(), command.front());
  return id;
}

}  // namespace

Process::Process(const std::vector<std::string>& command, const std::filesystem::path& output,
                 const Environment& environment, std::optional<int> input)
    : id_(start(command, output, environment, input)) {}

Process::Process(Process&& other) noexcept
    : id_(other.id_), exit_code_(std::exchange(other.exit_code_, 0)) {}

Process::~Process() {
  if (!runs()) return;
  send(SIGKILL);
  wait();
}

bool Process::runs() {
  int status = 0;
  if (!exit_code_ && ::waitpid(id_, &status, WNOHANG) == id_) record_end(status);
  return !exit_code_;
}

void Process::send(int signal) {
  if (runs()) ::kill(id_, signal);
}

int Process::wait() {
  const auto latest = std::chrono::steady_clock::now() + kTimeout;
  while (runs()) {
    if (std::chrono::steady_clock::now() > latest) send(SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return *exit_code_;
}

void Process::record_end(int status) {
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Outcome run(const std::string& line, const Environment& environment) {
  std::string name = (std::filesystem::temp_directory_path() / "shoal-output.XXXXXX").native();
  const int file = ::mkstemp(name.data());
  if (file < 0) throw std::system_error(errno, std::system_category(), name);
  ::close(file);
  Outcome outcome;
  outcome.exit_code = Process({"/bin/sh", "-c", line}, name, environment).wait();
  outcome.output = contents(name);
  std::filesystem::remove(name);
  return outcome;
}

std::string contents(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();  // a file of /proc may end in an error
  return text.str();
}

void write_file(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

}  // namespace shoal::system
