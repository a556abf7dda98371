#include "settings/document.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "base/failure.hpp"
#include "base/files.hpp"

namespace shoal::settings {
namespace {

namespace fs = std::filesystem;

constexpr Mark kWholeFile{};

/// Returns all bytes of the file. A pipe may be read, too: `shoal check -c <(make-configuration)`.
/// Returns nullopt, with errno, if that fails.
std::optional<std::string> bytes_of(const fs::path& file) {
  std::error_code ignored;
  if (!fs::is_fifo(file, ignored)) return base::read_whole(file);
  std::ifstream pipe(file, std::ios::binary);
  if (!pipe.is_open()) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(pipe), {});
}

std::optional<std::string> contents(const fs::path& file, Errors& errors) {
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) {
    errors.add(kWholeFile, "", "is a folder; name the configuration file in it");
    return std::nullopt;
  }
  auto bytes = bytes_of(file);
  if (!bytes) {
    const base::Failure failure{.fact = "cannot be read",
                                .error = errno,
                                .remedy = "check the path, and that this user may read the file"};
    errors.add(kWholeFile, "", failure.text());
  }
  return bytes;
}

}  // namespace

std::optional<Value> load(const fs::path& file, Errors& errors) try {
  const auto text = contents(file, errors);
  if (!text) return std::nullopt;
  const auto documents = YAML::LoadAll(*text);
  if (documents.empty() || documents.front().IsNull()) {
    errors.add({1, 1}, "", "is empty; write at least listen, apps, run and routes");
    return std::nullopt;
  }
  if (documents.size() > 1) {
    errors.add({documents[1].Mark().line + 1, 1}, "",
               "begins a second YAML document, which would be ignored; remove the line \"---\" "
               "above it");
    return std::nullopt;
  }
  const YAML::Mark mark = documents.front().Mark();
  return Value(errors, documents.front(), "", "", {mark.line + 1, mark.column + 1});
} catch (const YAML::Exception& error) {
  errors.add({error.mark.line + 1, error.mark.column + 1}, "",
             "not valid YAML: " + error.msg +
                 "; check the indentation, brackets and quotes here and just above (a text that "
                 "begins with [, {, *, & or @, or has a colon and a space in it, needs quotes)");
  return std::nullopt;
}

}  // namespace shoal::settings
