#include "releases/history/decisions.hpp"

#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/private_folder.hpp"
#include "releases/history/manifest.hpp"
#include "releases/history/record_file.hpp"
#include "releases/linking/load_error.hpp"
#include "releases/staging/folder_name.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using base::PrivateFolder;
using nlohmann::json;

constexpr const char* kFolder = "releases";
constexpr const char* kServe = "serve.json";
constexpr const char* kWorking = "working.json";

PrivateFolder folder_at(const fs::path& run, const std::string& name) {
  return PrivateFolder::at(run).folder(kFolder).folder(name);
}

/// Returns the names of the folders of all groups.
std::vector<std::string> folders_in(const fs::path& run) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(run / kFolder, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code none;
    const std::string name = it->path().filename();
    if (fs::is_directory(it->symlink_status(none)) && !name.ends_with(kSetAside))
      names.push_back(name);
  }
  if (error && is_passing(error.value())) {
    fail_for_now(run / kFolder, "cannot be read", error.value());
  }
  return names;
}

/// Reads the record of each group that has one; `read_record_of` may throw.
template <typename Records, typename Read>
Records read_all(const fs::path& run, const char* name, const char* consequence, Read read_one) {
  Records records;
  for (const auto& folder_name : folders_in(run)) {
    const fs::path path = run / kFolder / folder_name / name;
    std::error_code none;
    if (!fs::exists(fs::symlink_status(path, none))) continue;
    try {
      const auto text = read_record(folder_at(run, folder_name), name);
      if (!text) continue;
      const json record = parsed_record(*text);
      const std::string group = text_in(record, "group");
      if (folder_name_of(group) != folder_name) throw std::runtime_error("it is of another group");
      records[group] = read_one(record);
    } catch (const base::FolderError& error) {
      if (is_passing(error.error())) throw Unavailable(error.what());
      set_aside(path, error.what(), consequence);
    } catch (const Unavailable&) {
      throw;  // it may be readable in a moment
    } catch (const std::exception& error) {
      set_aside(path, error.what(), consequence);
    }
  }
  return records;
}

void write_one(const fs::path& run, const char* name, const std::string& group, json record) {
  record["format"] = kRecordFormat;
  put_text(record, "group", group);
  const auto folder = opened([&] { return folder_at(run, folder_name_of(group)); });
  write_record(folder, name, text_of_record(record));
}

void remove_one(const fs::path& run, const char* name, const std::string& group) {
  const fs::path path = run / kFolder / folder_name_of(group) / name;
  if (::unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return;
  fail_for_now(path, "cannot be removed", errno);
}

}  // namespace

Decisions read_decisions(const fs::path& run) {
  return read_all<Decisions>(
      run, kServe, "what lies in the apps folder is tried, and then the last good release",
      [](const json& record) {
        return Decision{.number = record.at("number"),
                        .release = record.at("release"),
                        .stage = text_in(record, "stage"),
                        .pinned = record.at("pinned"),
                        .service = text_in(record, "service"),
                        .configs = text_in(record, "configs"),
                        .judged = text_in(record, "judged"),
                        .rolled_back = record.at("rolled_back"),
                        .instead_of = record.at("instead_of"),
                        .refusal = text_in(record, "refusal"),
                        .origin = origin_in(record),
                        .question = record.at("question"),
                        .at = time_in(record.at("at"))};
      });
}

void write_decision(const fs::path& run, const std::string& group, const Decision& decision) {
  json record{{"number", decision.number},         {"release", decision.release},
              {"pinned", decision.pinned},         {"rolled_back", decision.rolled_back},
              {"instead_of", decision.instead_of}, {"question", decision.question},
              {"at", text_of(decision.at)}};
  put_origin(record, decision.origin);
  put_text(record, "stage", decision.stage);
  put_text(record, "service", decision.service);
  put_text(record, "configs", decision.configs);
  put_text(record, "judged", decision.judged);
  put_text(record, "refusal", decision.refusal);
  write_one(run, kServe, group, std::move(record));
}

void remove_decision(const fs::path& run, const std::string& group) {
  remove_one(run, kServe, group);
}

Works read_works(const fs::path& run) {
  return read_all<Works>(run, kWorking, "what the last deployer worked on is tried again",
                         [](const json& record) {
                           return Work{.fingerprint = text_in(record, "fingerprint"),
                                       .file = text_in(record, "file"),
                                       .service = text_in(record, "service"),
                                       .deaths = record.at("deaths")};
                         });
}

void write_work(const fs::path& run, const std::string& group, const Work& work) {
  json record{{"deaths", work.deaths}};
  put_text(record, "fingerprint", work.fingerprint);
  put_text(record, "file", work.file);
  put_text(record, "service", work.service);
  write_one(run, kWorking, group, std::move(record));
}

void remove_work(const fs::path& run, const std::string& group) {
  remove_one(run, kWorking, group);
}

}  // namespace shoal::releases
