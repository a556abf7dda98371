#include "releases/probing/probe.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <utility>

#include "base/printable.hpp"
#include "releases/linking/load_error.hpp"
#include "releases/probing/probe_process.hpp"
#include "releases/probing/probe_wire.hpp"

namespace shoal::releases {
namespace {

using nlohmann::json;

struct Told {
  Behaviour behaviour;
  std::optional<Step> step;  ///< the last one that was begun
  std::string module;        ///< of that step
  std::string error;
  std::string at_fault;  ///< the module that `error` is about; empty when it is about no single one
  std::string lacks;     ///< what the machine could not give
  std::optional<int> ended;  ///< as waitpid(2) has it
  bool complete = false;
};

/// Reads the report; a last line that was cut short is passed over.
Told told_in(const std::string& report) {
  Told told;
  std::map<std::string, Tried> tried;
  std::chrono::nanoseconds since{0};
  const auto conclude = [&](std::chrono::nanoseconds now) {
    if (told.step == Step::kOpening) tried[told.module].open = now - since;
    if (told.step == Step::kMaking) tried[told.module].make = now - since;
    since = now;
  };
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);) {
    const json all = json::parse(line, nullptr, false);
    if (!all.is_object()) continue;
    try {
      if (all.contains("step")) {
        conclude(std::chrono::nanoseconds(all.at("at").get<long>()));
        told.step = static_cast<Step>(all.at("step").get<int>());
        told.module = all.at("module");
      } else if (all.contains("error")) {
        told.error = all.at("error");
        told.at_fault = all.value("module", std::string());
      } else if (all.contains("lacks")) {
        told.lacks = all.at("lacks");
      } else if (all.contains("ended")) {
        told.ended = all.at("ended").get<int>();
      } else if (all.contains("threads")) {
        told.behaviour.threads = all.at("threads").get<std::vector<std::string>>();
        told.behaviour.unloads = all.at("unloads");
        told.complete = true;
      }
    } catch (const json::exception&) {
      continue;  // not of our making: a module has written to what it found open
    }
  }
  for (auto& [module, times] : tried) {
    times.module = module;
    told.behaviour.tried.push_back(times);
  }
  return told;
}

std::string deed_of(const Told& told) {
  if (!told.step) return "before it was opened";
  switch (*told.step) {
    case Step::kOpening:
      return "while it was opened (in a static initialiser)";
    case Step::kMaking:
      return "in its constructor";
    case Step::kNothing:
    case Step::kEnding:
      break;
  }
  return "in a destructor, or while it was closed";
}

std::string end_of(const Told& told, const Remains& remains) {
  if (remains.late) {
    return "hung for " + std::to_string(wire::kMostSeconds) + " s";
  }
  if (!told.ended && !remains.status) return "ended the process in an unknown way";
  const int status = told.ended ? *told.ended : *remains.status;
  if (!WIFSIGNALED(status)) {
    return "ended the process with exit code " + std::to_string(WEXITSTATUS(status));
  }
  const int signal = WTERMSIG(status);
  if (signal == SIGXCPU) {
    return "used up " + std::to_string(wire::kMostProcessorSeconds) + " s of processor time";
  }
  return std::string("crashed with SIG") + ::sigabbrev_np(signal) + " (" + ::strsignal(signal) +
         ")";
}

/// The last words of a process, as the end of a sentence.
std::string last_words_of(const std::string& output) {
  std::string_view rest = output;
  while (!rest.empty() && rest.back() == '\n') rest.remove_suffix(1);
  if (rest.empty()) return {};
  constexpr std::size_t kMost = 300;
  if (rest.size() > kMost) rest = rest.substr(rest.size() - kMost);
  return "; its last output was: " + base::printable(rest);
}

}  // namespace

Probe::Probe(std::vector<std::string> command, std::string remedy)
    : command_(std::move(command)), remedy_(std::move(remedy)) {}
Probe::Probe(Probe&&) noexcept = default;
Probe::~Probe() = default;

void Probe::stand_by() {
  try {
    if (!next_) next_ = std::make_unique<ProbeProcess>(command_);
  } catch (const Unavailable&) {
    // Not needed yet: run() tries again, and says what is lacking.
  }
}

Behaviour Probe::run(const Trial& trial) {
  const std::string request = text_of(trial);
  std::optional<Remains> met;
  if (const auto ready = std::move(next_)) met = ready->run(request);
  if (!met) met = ProbeProcess(command_).run(request);
  if (!met) throw Unavailable("the probe: its process ended too early; will retry");
  const Remains& remains = *met;
  Told told = told_in(remains.report);
  if (!told.lacks.empty()) throw Unavailable("the probe: " + told.lacks + "; will retry");
  if (!told.error.empty()) throw LoadError(told.error, told.at_fault);
  if (told.complete) return std::move(told.behaviour);
  const bool known = std::ranges::find(trial.staged.modules, told.module, &StagedModule::module) !=
                     trial.staged.modules.end();
  throw LoadError((known ? trial.staged.path_of(told.module).native() : trial.staged.group) + ": " +
                      end_of(told, remains) + " " + deed_of(told) + last_words_of(remains.output) +
                      "; " + remedy_,
                  known ? told.module : std::string());
}

}  // namespace shoal::releases
