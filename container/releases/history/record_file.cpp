#include "releases/history/record_file.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <stdio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <stdexcept>
#include <string_view>

#include "base/failure.hpp"
#include "base/files.hpp"
#include "base/printable.hpp"
#include "releases/linking/load_error.hpp"

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;
using base::Descriptor;
using base::PrivateFolder;
using nlohmann::json;
using SystemClock = std::chrono::system_clock;

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr const char* kBytes = "_bytes";

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = base::size_of_character(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

/// Returns `text` with U+FFFD in the place of each byte that is not part of a UTF-8 character.
std::string with_replacements(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t size = base::size_of_character(text);
    result += size == 0 ? "\xef\xbf\xbd" : text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return result;
}

std::string as_hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 15];
  }
  return text;
}

std::string from_hex(std::string_view text) {
  if (text.size() % 2 != 0) throw std::runtime_error("an odd number of hexadecimal digits");
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const auto high = kHexDigits.find(text[at]);
    const auto low = kHexDigits.find(text[at + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) {
      throw std::runtime_error("not a hexadecimal digit");
    }
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

}  // namespace

PrivateFolder opened(const std::function<PrivateFolder()>& open) try {
  return open();
} catch (const base::FolderError& error) {
  throw Unavailable(error.what());
}

void write_record(const PrivateFolder& folder, const std::string& name,
                  const std::string& text) try {
  const fs::path path = folder.path() / name;
  // With the process's number: the old and the new deployer may write at the same time.
  const std::string beside = name + "." + std::to_string(::getpid()) + ".new";
  const fs::path aside = folder.path() / beside;
  // What a killed process has left of it must not be written into.
  ::unlink(aside.c_str());
  int error = 0;
  {
    const Descriptor file = folder.file(beside, O_WRONLY | O_CREAT | O_EXCL);
    if (!file || !base::write_whole(file.get(), text)) error = errno;
  }
  if (error == 0 && ::rename(aside.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return;
  ::unlink(aside.c_str());
  fail_for_now(path, "cannot be written", error);
} catch (const base::FolderError& error) {
  throw Unavailable(error.what());
}

std::optional<std::string> read_record(const PrivateFolder& folder, const std::string& name) {
  const auto fail_here = [&] {
    const int error = errno;
    if (is_passing(error)) fail_for_now(folder.path() / name, "cannot be read", error);
    base::fail({.thing = {}, .fact = "cannot be read", .error = error, .remedy = {}});
  };
  const Descriptor file = folder.file(name, O_RDONLY);
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) fail_here();
  auto text = base::read_whole(file.get());
  if (!text) fail_here();
  return text;
}

json parsed_record(const std::string& text) {
  json record = json::parse(text);
  const int format = record.at("format");
  if (format != kRecordFormat) {
    throw std::runtime_error("its format " + std::to_string(format) +
                             " is of another version of shoal");
  }
  return record;
}

std::string text_of_record(const json& record) { return record.dump(2) + "\n"; }

void set_aside(const fs::path& path, const std::string& why, const std::string& consequence) {
  const fs::path aside = path.native() + kSetAside;
  std::error_code none;
  fs::remove_all(aside, none);
  fs::rename(path, aside, none);
  spdlog::warn("{}: cannot be used ({}); renamed to {}: {}", base::printable(path.native()),
               base::printable(why), base::printable(aside.filename().native()), consequence);
}

void put_text(json& object, const std::string& key, const std::string& text) {
  if (is_utf8(text)) {
    object[key] = text;
    return;
  }
  object[key] = with_replacements(text);
  object[key + kBytes] = as_hex(text);
}

std::string text_in(const json& object, const std::string& key) {
  const auto bytes = object.find(key + kBytes);
  if (bytes != object.end()) return from_hex(bytes->get<std::string>());
  return object.at(key).get<std::string>();
}

SystemClock::time_point in_milliseconds(SystemClock::time_point time) {
  return std::chrono::floor<std::chrono::milliseconds>(time);
}

std::string text_of(SystemClock::time_point time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t whole = SystemClock::to_time_t(seconds);
  std::tm parts{};
  ::gmtime_r(&whole, &parts);
  std::array<char, 32> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  const auto part = std::chrono::floor<std::chrono::milliseconds>(time - seconds).count();
  std::array<char, 8> rest{};
  std::snprintf(rest.data(), rest.size(), ".%03dZ", static_cast<int>(part));
  return std::string(date.data()) + rest.data();
}

SystemClock::time_point time_in(const std::string& text) {
  std::tm parts{};
  const char* const rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  int part = 0;
  int end = 0;
  if (rest == nullptr || std::sscanf(rest, ".%3dZ%n", &part, &end) != 1 ||  // NOLINT: checked
      end != 5 || rest[end] != '\0') {
    throw std::runtime_error("not a time: " + text);
  }
  return SystemClock::from_time_t(::timegm(&parts)) + std::chrono::milliseconds(part);
}

}  // namespace shoal::releases
