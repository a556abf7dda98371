#include "commands/probe_result.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/printable.hpp"

namespace shoal::commands {
namespace {

using nlohmann::json;
using Milliseconds = std::chrono::duration<double, std::milli>;

const releases::Tried* tried_of(const FileResult& file, const GroupResult& group) {
  const auto found =
      std::ranges::find(group.behaviour.tried, file.module, &releases::Tried::module);
  return found == group.behaviour.tried.end() ? nullptr : &*found;
}

std::string kind_of(const FileResult& file) {
  if (!file.facts) return "unknown";
  return file.facts->handler ? "handler" : "library";
}

bool is_loadable(const FileResult& file, const GroupResult& group) {
  return file.refusal.empty() && group.refusal.empty() && !group.untried.contains(file.module);
}

const char* verdict_of(const FileResult& file, const GroupResult& group) {
  if (is_loadable(file, group)) return "good";
  const bool untried = file.refusal.empty() && group.untried.contains(file.module);
  return untried ? "untried" : "bad";
}

std::string reason_of(const FileResult& file, const GroupResult& group) {
  if (!file.refusal.empty()) return file.refusal;
  const auto untried = group.untried.find(file.module);
  return untried == group.untried.end() ? group.refusal : untried->second;
}

std::string unloading_of(const GroupResult& group) {
  if (!group.behaviour.threads.empty()) {
    return fmt::format("{} still ran after the destructors",
                       fmt::join(group.behaviour.threads, ", "));
  }
  return group.behaviour.unloads ? "" : "stays mapped after it was closed";
}

/// The note's `name=value;...` as an object.
json abi_of(const std::string& note) {
  json abi = json::object();
  std::istringstream fields(note);
  for (std::string field; std::getline(fields, field, ';');) {
    const auto equals = field.find('=');
    if (equals != std::string::npos) abi[field.substr(0, equals)] = field.substr(equals + 1);
  }
  return abi;
}

json json_of(const FileResult& file, const GroupResult& group) {
  json all{{"file", file.file},
           {"module", file.module},
           {"kind", kind_of(file)},
           {"verdict", verdict_of(file, group)},
           {"reason", reason_of(file, group)}};
  if (file.facts) {
    all["abi"] = abi_of(file.facts->abi);
    all["soname"] = file.facts->soname;
    all["needs"] = file.facts->needed;
    all["unique_symbols"] = file.facts->unique_symbols;
    all["thread_local_destructors"] = file.facts->thread_local_destructors;
    all["sanitizer"] = file.facts->sanitizer;
  }
  if (const auto* tried = tried_of(file, group)) {
    all["open_ms"] = Milliseconds(tried->open).count();
    all["make_ms"] = Milliseconds(tried->make).count();
  }
  return all;
}

void print_json(const std::map<std::string, GroupResult>& groups, bool good, std::ostream& out) {
  json all{{"verdict", good ? "good" : "bad"}, {"files", json::array()}};
  for (const auto& [name, group] : groups) {
    for (const auto& file : group.files) {
      json one = json_of(file, group);
      one["group"] = name;
      one["unloads"] = group.behaviour.unloads && group.behaviour.threads.empty();
      one["threads"] = group.behaviour.threads;
      all["files"].push_back(std::move(one));
    }
  }
  out << all.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}

std::string load_of(const FileResult& file, const GroupResult& group) {
  const auto* tried = tried_of(file, group);
  if (tried == nullptr) return "-";
  return fmt::format("{:.2f} ms", Milliseconds(tried->open + tried->make).count());
}

constexpr auto kRow = "{:<28} {:<8} {:<5} {:>6} {:<12} {:>10}  {:<7} {}\n";

void print_row(const FileResult& file, const GroupResult& group, std::ostream& out) {
  const bool known = file.facts.has_value();
  out << fmt::format(kRow, file.module.empty() ? file.file : file.module, kind_of(file),
                     known && !file.facts->abi.empty() ? "noted" : "none",
                     known ? std::to_string(file.facts->unique_symbols) : "-",
                     known ? (file.facts->thread_local_destructors ? "destructors" : "none") : "-",
                     load_of(file, group), verdict_of(file, group),
                     known ? fmt::format("{}", fmt::join(file.facts->needed, " ")) : "-");
}

void print_table(const std::map<std::string, GroupResult>& groups, std::ostream& out) {
  out << fmt::format(kRow, "MODULE", "KIND", "ABI", "UNIQUE", "THREAD_LOCAL", "LOAD", "VERDICT",
                     "NEEDS");
  std::vector<std::string> notes;
  std::set<std::string> told;
  const auto note = [&](const std::string& text) {
    if (!text.empty() && told.insert(text).second) notes.push_back(text);
  };
  for (const auto& [name, group] : groups) {
    for (const auto& file : group.files) print_row(file, group, out);
    for (const auto& file : group.files) note(reason_of(file, group));
    note(group.refusal);
    if (const auto why = unloading_of(group); !why.empty() && group.refusal.empty()) {
      note("would linger when retired: " + name + ": " + why);
    }
    for (const auto& file : group.files) {
      if (!file.facts || !file.facts->thread_local_destructors) continue;
      note("may linger when retired: " + file.file +
           ": a thread_local with a destructor keeps it until every thread that used it has ended");
    }
    for (const auto& file : group.files) {
      if (file.facts && !file.facts->abi.empty()) note("abi: " + file.facts->abi);
    }
  }
  for (const auto& text : notes) out << base::printable(text) << '\n';
}

}  // namespace

bool print(const std::map<std::string, GroupResult>& groups, bool json, std::ostream& out) {
  const bool good = std::ranges::all_of(groups, [](const auto& entry) {
    return std::ranges::all_of(entry.second.files, [&](const FileResult& file) {
      return is_loadable(file, entry.second);
    });
  });
  if (json) {
    print_json(groups, good, out);
  } else {
    print_table(groups, out);
  }
  return good;
}

}  // namespace shoal::commands
