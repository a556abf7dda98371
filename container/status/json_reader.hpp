#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "status/enum_names.hpp"
#include "status/json.hpp"

namespace shoal::status {

/// Reads the members of one JSON object and knows its path, for error messages. Each function
/// throws JsonError when the key is missing or its value has another type. Borrows the JSON.
class JsonReader {
 public:
  /// `path` is the path of the object, e.g. `groups[0]`; empty for the outermost one.
  JsonReader(const nlohmann::json& object, std::string path)
      : object_(object), path_(std::move(path)) {
    if (!object.is_object()) fail(path_.empty() ? "status" : path_, "an object");
  }

  bool has(const char* key) const { return object_.contains(key); }

  std::string text(const char* key) const {
    return at(key, "a string", &nlohmann::json::is_string).get<std::string>();
  }
  bool flag(const char* key) const {
    return at(key, "true or false", &nlohmann::json::is_boolean).get<bool>();
  }
  double number(const char* key) const {
    return at(key, "a number", &nlohmann::json::is_number).get<double>();
  }

  template <typename Int = std::uint64_t>
  Int count(const char* key) const {
    constexpr const char* kWanted = "an integer from 0 on";
    const auto& json = at(key, kWanted, &nlohmann::json::is_number_integer);
    const bool negative = !json.is_number_unsigned() && json.get<std::int64_t>() < 0;
    const auto value = json.get<std::uint64_t>();
    if (negative || value > static_cast<std::uint64_t>(std::numeric_limits<Int>::max())) {
      fail(path_of(key), kWanted);
    }
    return static_cast<Int>(value);
  }

  template <typename Enum>
  Enum one_of(const char* key) const {
    const std::string word = text(key);
    std::string known;
    for (const auto& [value, name] : EnumNames<Enum>::kAll) {
      if (name == word) return value;
      known.append(known.empty() ? "one of " : ", ").append(name);
    }
    fail(path_of(key), known);
  }

  JsonReader object(const char* key) const {
    return {at(key, "an object", &nlohmann::json::is_object), path_of(key)};
  }

  template <typename Read>
  auto list(const char* key, const Read& read) const {
    std::vector<decltype(read(std::declval<JsonReader>()))> items;
    std::size_t position = 0;
    for (const auto& item : at(key, "an array", &nlohmann::json::is_array)) {
      items.push_back(
          read(JsonReader(item, path_of(key) + "[" + std::to_string(position++) + "]")));
    }
    return items;
  }

  std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> lines;
    for (const auto& item : at(key, "an array", &nlohmann::json::is_array)) {
      if (!item.is_string()) fail(path_of(key), "an array of strings");
      lines.push_back(item.get<std::string>());
    }
    return lines;
  }

 private:
  const nlohmann::json& at(const char* key, const char* wanted,
                           bool (nlohmann::json::*is_wanted)() const noexcept) const {
    const auto found = object_.find(key);
    if (found == object_.end() || !((*found).*is_wanted)()) fail(path_of(key), wanted);
    return *found;
  }

  std::string path_of(const char* key) const { return path_.empty() ? key : path_ + "." + key; }

  [[noreturn]] static void fail(const std::string& path, const std::string& wanted) {
    throw JsonError(path + ": must be " + wanted);
  }

  const nlohmann::json& object_;
  std::string path_;
};

}  // namespace shoal::status
