#include "releases/probing/probe_report.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/printable.hpp"
#include "releases/probing/probe_wire.hpp"

namespace shoal::releases {
namespace {

using nlohmann::json;

/// Takes the lines of a report one by one.
class ReportReader {
 public:
  /// Throws json::exception for a line that is not of our making.
  void read(const json& line) {
    if (line.contains("step")) {
      begin_step(line);
    } else if (line.contains("opened")) {
      end_opening(line);
    } else if (line.contains("error")) {
      report_.of_current = is_of_current(line);
      report_.at_fault = line.value("module", std::string());
      report_.error = line.at("error");
    } else if (line.contains("threads")) {
      report_.behaviour.threads = line.at("threads").get<std::vector<std::string>>();
      report_.behaviour.unloads = line.at("unloads");
      report_.complete = true;
    }
  }

  ProbeReport report() && {
    for (auto& [module, times] : tried_) {
      times.module = module;
      report_.behaviour.tried.push_back(times);
    }
    return std::move(report_);
  }

 private:
  static bool is_of_current(const json& line) {
    return line.value("of", std::string()) == "current";
  }

  void begin_step(const json& line) {
    end_step(line);
    report_.step = static_cast<Step>(line.at("step").get<int>());
    report_.module = line.at("module");
    report_.of_current = is_of_current(line);
  }

  void end_step(const json& line) {
    const std::chrono::nanoseconds now(line.at("at").get<long>());
    if (!report_.of_current && report_.step == Step::kOpening) {
      tried_[report_.module].open = now - since_;
    }
    if (!report_.of_current && report_.step == Step::kMaking) {
      tried_[report_.module].make = now - since_;
    }
    since_ = now;
  }

  void end_opening(const json& line) {
    end_step(line);
    if (line.at("opened") == "current") {
      report_.current_opened = true;
      report_.of_current = false;
      report_.step.reset();
      report_.module.clear();
    } else {
      report_.step = Step::kNothing;
    }
  }

  ProbeReport report_;
  std::map<std::string, Tried> tried_;
  std::chrono::nanoseconds since_{0};
};

std::string deed_of(const ProbeReport& report) {
  if (!report.step) return "before it was opened";
  switch (*report.step) {
    case Step::kOpening:
      return "while it was opened (in a static initialiser)";
    case Step::kMaking:
      return "in its constructor";
    case Step::kNothing:
    case Step::kEnding:
      break;
  }
  if (report.of_current) {
    return "in a destructor of the generation that serves, or while that one was closed";
  }
  return "in a destructor, or while it was closed";
}

std::string text_of_end(const ProbeEnd& end, std::chrono::milliseconds limit) {
  const Remains& remains = end.remains;
  if (remains.late) {
    return "hung for " + std::to_string(std::chrono::ceil<std::chrono::seconds>(limit).count()) +
           " s";
  }
  if (!WIFSIGNALED(remains.status)) {
    return "ended the process with exit code " + std::to_string(WEXITSTATUS(remains.status));
  }
  const int signal = WTERMSIG(remains.status);
  if (end.ran_out_of_time()) {
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

bool has_module(const Staged& staged, const std::string& module) {
  return std::ranges::find(staged.modules, module, &StagedModule::module) != staged.modules.end();
}

}  // namespace

std::chrono::nanoseconds Behaviour::opening_time() const {
  std::chrono::nanoseconds sum{0};
  for (const auto& it : tried) sum += it.open + it.make;
  return sum;
}

ProbeReport report_in(const std::string& text) {
  ReportReader reader;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const json all = json::parse(line, nullptr, false);
    if (!all.is_object()) continue;
    try {
      reader.read(all);
    } catch (const json::exception&) {
      continue;  // not of our making: a module has written to what it found open
    }
  }
  return std::move(reader).report();
}

bool ProbeEnd::killed_from_outside() const {
  if (remains.late || remains.cancelled || report.complete || !report.error.empty()) return false;
  return WIFSIGNALED(remains.status) && WTERMSIG(remains.status) == SIGKILL &&
         remains.processor < wire::kMostProcessorSeconds;
}

bool ProbeEnd::ran_out_of_time() const {
  if (remains.late) return true;
  if (!WIFSIGNALED(remains.status)) return false;
  const int signal = WTERMSIG(remains.status);
  // SIGKILL follows after a second if the module ignores SIGXCPU.
  return signal == SIGXCPU ||
         (signal == SIGKILL && remains.processor >= wire::kMostProcessorSeconds);
}

ProbeFailure failure_of(const ProbeEnd& end, const Trial& trial, std::chrono::milliseconds limit) {
  const ProbeReport& report = end.report;
  if (!report.error.empty()) return {.text = report.error, .module = report.at_fault};
  const Staged& staged = report.of_current && trial.current ? *trial.current : trial.staged;
  const std::string thing =
      has_module(staged, report.module) ? staged.path_of(report.module).native() : staged.group;
  return {.text = thing + ": " + text_of_end(end, limit) + " " + deed_of(report) +
                  last_words_of(end.remains.output),
          .module = has_module(trial.staged, report.module) ? report.module : std::string(),
          .crashed = true};
}

}  // namespace shoal::releases
