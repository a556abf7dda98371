#include "settings/document.hpp"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

namespace shoal::settings {
namespace {

constexpr Mark kWholeFile{};

std::optional<std::string> contents(const std::filesystem::path& file, Errors& errors) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    errors.add(kWholeFile, "", "is a folder; name the configuration file in it");
    return std::nullopt;
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (stream.is_open() && stream.peek() != std::ifstream::traits_type::eof()) {
    text << stream.rdbuf();
  }
  if (stream.is_open() && !stream.bad()) return text.str();
  errors.add(kWholeFile, "",
             "cannot be read: " + std::generic_category().message(errno) +
                 "; check the path, and that this user may read it");
  return std::nullopt;
}

}  // namespace

std::optional<Value> load(const std::filesystem::path& file, Errors& errors) try {
  const auto text = contents(file, errors);
  if (!text) return std::nullopt;
  const auto documents = YAML::LoadAll(*text);
  if (documents.empty() || documents.front().IsNull()) {
    errors.add({1, 1}, "", "is empty; write at least listen, apps, run and routes");
    return std::nullopt;
  }
  if (documents.size() > 1) {
    errors.add(
        {documents[1].Mark().line + 1, 1}, "",
        "begins a second document, which nobody would read; remove the line \"---\" above it");
    return std::nullopt;
  }
  const YAML::Mark mark = documents.front().Mark();
  return Value(errors, documents.front(), "", "", {mark.line + 1, mark.column + 1});
} catch (const YAML::Exception& error) {
  errors.add({error.mark.line + 1, error.mark.column + 1}, "",
             "not valid YAML: " + error.msg +
                 "; check indentation, brackets and quotes here and just above (a text that begins "
                 "with [, {, *, & or @, or has a colon and a space in it, needs quotes)");
  return std::nullopt;
}

}  // namespace shoal::settings
