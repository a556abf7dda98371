#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/descriptor.hpp"
#include "base/private_folder.hpp"
#include "releases/linking/load_error.hpp"

// The JSON files that the deployer keeps below `run/releases`. Each is an object with a key
// "format"; all are written aside and renamed. Safe to use from any thread.
namespace shoal::releases {

/// The newest format of these files that is known here.
inline constexpr int kRecordFormat = 1;

/// What is set aside gets this at the end of its name.
inline constexpr const char* kSetAside = ".unreadable";

/// Returns what `open` returns. Throws Unavailable instead of base::FolderError.
base::PrivateFolder opened(const std::function<base::PrivateFolder()>& open);

/// Replaces the file `name` of the folder. A process that is killed meanwhile leaves the old file.
/// Does not wait for the disk. Throws Unavailable; then the old file is still there.
void write_record(const base::PrivateFolder& folder, const std::string& name,
                  const std::string& text);

/// Returns the whole file; nullopt if it does not exist. Throws Unavailable if the machine lacks
/// something just now; base::FolderError or std::runtime_error if the file cannot be used.
std::optional<std::string> read_record(const base::PrivateFolder& folder, const std::string& name);

/// Returns the object in this text. Throws std::exception if it is something else, or of a format
/// that is newer than kRecordFormat.
nlohmann::json parsed_record(const std::string& text);

/// Returns the text of a file for people and programs, with an end of line.
std::string text_of_record(const nlohmann::json& record);

/// Renames what cannot be used to NAME.unreadable, instead of an earlier one, and logs `why` and
/// what follows from it.
void set_aside(const std::filesystem::path& path, const std::string& why,
               const std::string& consequence);

/// Stores a text under `key`. JSON is UTF-8; a text that is not, as the path of a file may be, is
/// stored with U+FFFD for each wrong byte, and once more, all bytes as hexadecimal digits, under
/// `key` + "_bytes".
void put_text(nlohmann::json& object, const std::string& key, const std::string& text);

/// Returns what put_text() stored, byte by byte. Throws std::exception if there is no such text.
std::string text_in(const nlohmann::json& object, const std::string& key);

/// Returns the time as ISO 8601 in UTC, with milliseconds: `2026-11-28T06:24:25.123Z`. The second
/// reads it; throws std::exception if the text is something else.
std::string text_of(std::chrono::system_clock::time_point time);
std::chrono::system_clock::time_point time_in(const std::string& text);

/// Returns the time without what the text above leaves out.
std::chrono::system_clock::time_point in_milliseconds(std::chrono::system_clock::time_point time);

}  // namespace shoal::releases
