#include "releases/history/decisions.hpp"

#include <nlohmann/json.hpp>

#include "base/private_folder.hpp"
#include "releases/history/record_file.hpp"
#include "releases/linking/load_error.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using base::PrivateFolder;
using nlohmann::json;

constexpr const char* kFolder = "releases";
constexpr const char* kServe = "serve.json";
constexpr const char* kWorking = "working.json";

/// Returns the list in the file, each entry read by `read_entry`, which may throw.
template <typename List, typename Read>
List read_list(const fs::path& run, const char* name, const char* consequence, Read read_entry) {
  const fs::path path = run / kFolder / name;
  std::error_code none;
  if (!fs::exists(fs::symlink_status(path, none))) return {};
  try {
    const auto folder = PrivateFolder::at(run).folder(kFolder);
    const auto text = read_record(folder, name);
    if (!text) return {};
    List list;
    const json record = parsed_record(*text);
    for (const json& entry : record.at("groups")) {
      list[text_in(entry, "group")] = read_entry(entry);
    }
    return list;
  } catch (const base::FolderError& error) {
    if (is_passing(error.error())) throw Unavailable(error.what());
    set_aside(path, error.what(), consequence);
  } catch (const Unavailable&) {
    throw;  // it may be readable in a moment
  } catch (const std::exception& error) {
    set_aside(path, error.what(), consequence);
  }
  return {};
}

void write_list(const fs::path& run, const char* name, const json& groups) try {
  const auto folder = PrivateFolder::at(run).folder(kFolder);
  write_record(folder, name, text_of_record({{"format", kRecordFormat}, {"groups", groups}}));
} catch (const base::FolderError& error) {
  throw Unavailable(error.what());
}

Decision decision_of_entry(const json& entry) {
  return {.number = entry.at("number"),
          .release = entry.at("release"),
          .stage = text_in(entry, "stage"),
          .pinned = entry.at("pinned"),
          .service = text_in(entry, "service"),
          .configs = text_in(entry, "configs"),
          .judged = text_in(entry, "judged"),
          .rolled_back = entry.at("rolled_back"),
          .instead_of = entry.at("instead_of")};
}

Work work_of_entry(const json& entry) {
  return {.fingerprint = text_in(entry, "fingerprint"),
          .file = text_in(entry, "file"),
          .deaths = entry.at("deaths")};
}

}  // namespace

Decisions read_decisions(const fs::path& run) {
  return read_list<Decisions>(
      run, kServe, "what lies in the apps folder is tried, and then the last good releases",
      decision_of_entry);
}

void write_decisions(const fs::path& run, const Decisions& decisions) {
  json groups = json::array();
  for (const auto& [group, it] : decisions) {
    json entry{{"number", it.number},
               {"release", it.release},
               {"pinned", it.pinned},
               {"rolled_back", it.rolled_back},
               {"instead_of", it.instead_of}};
    put_text(entry, "group", group);
    put_text(entry, "stage", it.stage);
    put_text(entry, "service", it.service);
    put_text(entry, "configs", it.configs);
    put_text(entry, "judged", it.judged);
    groups.push_back(std::move(entry));
  }
  write_list(run, kServe, groups);
}

Works read_works(const fs::path& run) {
  return read_list<Works>(run, kWorking, "what the last deployer worked on is tried again",
                          work_of_entry);
}

void write_works(const fs::path& run, const Works& works) {
  json groups = json::array();
  for (const auto& [group, it] : works) {
    json entry{{"deaths", it.deaths}};
    put_text(entry, "group", group);
    put_text(entry, "fingerprint", it.fingerprint);
    put_text(entry, "file", it.file);
    groups.push_back(std::move(entry));
  }
  write_list(run, kWorking, groups);
}

}  // namespace shoal::releases
