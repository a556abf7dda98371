#include "crash/read_report.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <functional>
#include <map>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/files.hpp"
#include "base/printable.hpp"
#include "crash/demangle.hpp"

namespace shoal::crash {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = 1 << 20;  // of a raw report
constexpr std::size_t kMostKept = 32;
constexpr std::string_view kRaw = ".report";
constexpr std::string_view kKept = ".txt";

/// Returns the first kMostBytes of a regular file; nullopt when there is no such file.
std::optional<std::string> contents_of(const fs::path& path) {
  const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  std::string text;
  std::array<char, 16384> piece;
  while (text.size() < kMostBytes) {
    const ssize_t size = ::read(file.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
  return text;
}

template <typename Number>
Number number_in(std::string_view text, int base = 10) {
  Number number{};
  std::from_chars(text.data(), text.data() + text.size(), number, base);
  return number;
}

/// Returns what follows the first word: `SIGSEGV` of `11 SIGSEGV`.
std::string rest_of(std::string_view text) {
  const auto space = text.find(' ');
  return std::string(space == std::string_view::npos ? "" : text.substr(space + 1));
}

void read_line(const std::string& line, Report& report) {
  using Take = std::function<void(const std::string&)>;
  const auto text = [](std::string& to) -> Take {
    return [&to](const auto& value) { to = value; };
  };
  const std::map<std::string_view, Take> takes{
      {"signal",
       [&](const auto& value) {
         report.signal = number_in<int>(value);
         report.signal_name = rest_of(value);
       }},
      {"cause", [&](const auto& value) { report.cause = rest_of(value); }},
      {"sender",
       [&](const auto& value) {
         const bool itself = number_in<pid_t>(value) == report.pid;
         report.cause = itself ? "raised by the process itself" : "sent by process " + value;
       }},
      {"exit", [&](const auto& value) { report.cause = "exit(" + value + ") was called"; }},
      {"address", text(report.address)},
      {"time",
       [&](const auto& value) {
         report.time = std::chrono::system_clock::from_time_t(number_in<std::int32_t>(value));
       }},
      {"tid", [&](const auto& value) { report.tid = number_in<pid_t>(value); }},
      {"thread", text(report.thread)},
      {"id", text(report.id)},
      {"request", text(report.request)},
      {"module", text(report.module)},
      {"group", text(report.group)},
      {"generation", text(report.generation)},
      {"code", text(report.code)},
      {"build-id", text(report.build_id)},
  };
  const auto colon = line.find(": ");
  if (colon == std::string::npos) return;
  const auto take = takes.find(std::string_view(line).substr(0, colon));
  if (take != takes.end()) take->second(line.substr(colon + 2));
}

/// Reads a line such as `0x1149 /srv/run/stages/7/pond.fish.so`.
void read_place(std::string_view line, Report& report) {
  if (!line.starts_with("0x")) return;
  report.places.push_back({rest_of(line), number_in<std::uintptr_t>(line.substr(2), 16)});
}

std::string utc(std::chrono::system_clock::time_point when, const char* format) {
  const std::time_t time = std::chrono::system_clock::to_time_t(when);
  std::tm broken_down{};
  ::gmtime_r(&time, &broken_down);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &broken_down)};
}

/// Fills in the report. Returns its text for people.
std::string read_text(std::string_view raw, Report& report) {
  std::string shown;
  std::vector<std::string>* list = nullptr;
  bool places = false;  // true in the part that only programs need
  while (!raw.empty()) {
    const auto end = raw.find('\n');
    const bool whole = end != std::string_view::npos;
    std::string line = demangled(base::printable(raw.substr(0, end)));
    raw.remove_prefix(whole ? end + 1 : raw.size());
    places = (places || line == "places:") && !(line == "end" && whole);
    if (places) {
      read_place(line, report);
      continue;
    }
    shown += line + "\n";
    if (line == "stack:") {
      list = &report.stack;
    } else if (line == "files:") {
      list = &report.files;
    } else if (line == "end" && whole) {
      report.whole = true;
      break;
    } else if (list != nullptr) {
      list->push_back(std::move(line));
    } else {
      read_line(line, report);
      if (line.starts_with("time: "))
        shown.insert(shown.size() - 1, utc(report.time, " (%F %T UTC)"));
    }
  }
  if (!report.whole) shown += "incomplete: the process ended while it wrote this report\n";
  return shown;
}

fs::path name_for(const Report& report) {
  return utc(report.time, "%Y%m%dT%H%M%SZ-") + std::to_string(report.pid) + std::string(kKept);
}

bool write_file(const fs::path& path, std::string_view text) {
  ::unlink(path.c_str());
  const base::Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return false;
  return base::write_whole(file.get(), text);
}

std::vector<fs::path> files_of(const fs::path& folder, std::string_view ending) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ending) files.push_back(entry->path());
  }
  return files;
}

void prune(const fs::path& folder) {
  auto files = files_of(folder, kKept);
  std::ranges::sort(files);  // by name, which begins with the time
  for (std::size_t i = 0; i + kMostKept < files.size(); ++i) ::unlink(files[i].c_str());
}

}  // namespace

std::string Report::summary() const {
  std::string text = signal_name.empty() ? "signal " + std::to_string(signal) : signal_name;
  if (!cause.empty()) text += " (" + cause + ")";
  if (!address.empty()) text += " at " + address;
  const std::string where = module.empty() ? fs::path(code).filename().native() : module;
  if (!where.empty()) text += " in " + where;
  if (!generation.empty()) text += " (" + generation + ")";
  if (!request.empty()) text += ", " + request;
  return text;
}

std::optional<Report> read_report(const fs::path& folder, pid_t pid) {
  const fs::path raw = folder / (std::to_string(pid) + std::string(kRaw));
  const auto text = contents_of(raw);
  if (!text) return std::nullopt;
  Report report;
  report.pid = pid;
  const std::string shown = read_text(*text, report);
  if (report.time == std::chrono::system_clock::time_point{}) {
    report.time = std::chrono::system_clock::now();
  }
  const fs::path kept = folder / name_for(report);
  if (write_file(kept, shown)) report.kept = kept;
  ::unlink(raw.c_str());
  prune(folder);
  return report;
}

void add_sources(Report& report, const Sources& sources) {
  std::string before;
  for (const auto& line : report.stack) before += "\n" + line;
  report.stack = with_sources(report.stack, sources);
  auto text = report.kept.empty() ? std::nullopt : contents_of(report.kept);
  const auto at = text ? text->find("\nstack:" + before) : std::string::npos;
  if (before.empty() || at == std::string::npos) return;
  std::string after;
  for (const auto& line : report.stack) after += "\n" + line;
  text->replace(at, std::string_view("\nstack:").size() + before.size(), "\nstack:" + after);
  write_file(report.kept, *text);
}

std::vector<pid_t> unread_reports(const fs::path& folder) {
  std::vector<pid_t> pids;
  for (const auto& file : files_of(folder, kRaw)) {
    const auto pid = number_in<pid_t>(file.stem().native());
    if (pid > 0 && pid != ::getpid()) pids.push_back(pid);
  }
  return pids;
}

}  // namespace shoal::crash
