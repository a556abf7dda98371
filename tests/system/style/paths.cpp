#include "paths.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <utility>

#include "process.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;

/// The packages install a copy of a document under each of these names.
const std::set<std::string> kInstalledNames{"CONFIGURATION.md", "MONITORING.md", "RUNBOOK.md"};

struct Document {
  fs::path repository;
  fs::path file;
};

bool has_match(const std::string& text, const char* pattern) {
  return std::regex_search(text, std::regex(pattern));
}

/// Returns the anchor that a heading gets on the web: `## What's new` has `whats-new`.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const unsigned char c : heading.substr(heading.find(' ') + 1)) {
    if (std::isalnum(c) != 0 || c == '-' || c == '_') anchor += static_cast<char>(std::tolower(c));
    if (c == ' ') anchor += '-';
  }
  return anchor;
}

bool has_anchor(const fs::path& file, const std::string& anchor) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with('#') && anchor_of(line) == anchor) return true;
    if (line.find("<a id=\"" + anchor + "\">") != std::string::npos) return true;
  }
  return false;
}

bool link_leads_somewhere(const Document& document, const std::string& link) {
  if (has_match(link, "^[a-z]+:")) return true;  // a URL
  const std::string path = link.substr(0, link.find('#'));
  const fs::path target = path.empty() ? document.file : document.file.parent_path() / path;
  if (!fs::exists(target)) return false;
  return link.find('#') == std::string::npos || has_anchor(target, link.substr(link.find('#') + 1));
}

bool lies_below(const fs::path& folder, const std::string& name) {
  return std::ranges::any_of(fs::recursive_directory_iterator(folder),
                             [&](const auto& entry) { return entry.path().filename() == name; });
}

bool path_leads_somewhere(const Document& document, const std::string& path) {
  const fs::path folder = document.file.parent_path();
  const fs::path container = document.repository / "container";
  for (const auto& from : {folder, document.repository, container, container / "sdk/include"}) {
    if (fs::exists(from / path)) return true;
  }
  return kInstalledNames.contains(path) ||
         (path.find('/') == std::string::npos && lies_below(folder, path));
}

bool is_source_path(const std::string& text) {
  return has_match(text, "^[A-Za-z0-9_./-]+\\.(cpp|hpp|py|md|cmake|supp|gdb|lua|php)$") &&
         !text.starts_with('/');
}

bool begins_with_source_folder(const std::string& word) {
  return has_match(word, "^(\\.ci|conf|container|deploy|tests)/[A-Za-z0-9_./-]*$");
}

class Finder {
 public:
  Finder(const fs::path& repository, const fs::path& file) : document_{repository, file} {}

  std::vector<std::string> look() {
    std::ifstream stream(document_.file);
    bool in_block = false;
    std::string begun;  // lines of text that end within backquotes
    for (std::string line; std::getline(stream, line);) {
      ++number_;
      if (line.starts_with("```")) {
        in_block = !in_block;
      } else if (in_block) {
        look_at_words(line);
      } else {
        begun += line;
        if (std::ranges::count(begun, '`') % 2 == 0 || line.empty()) {
          look_at_text(std::exchange(begun, ""));
        } else {
          begun += ' ';
        }
      }
    }
    return found_;
  }

 private:
  void look_at_text(const std::string& line) {
    static const std::regex marked("\\]\\(([^)\\s]+)\\)|`([^`]+)`");
    for (std::sregex_iterator each(line.begin(), line.end(), marked), end; each != end; ++each) {
      const std::string link = (*each)[1];
      const std::string code = (*each)[2];
      if (!link.empty() && !link_leads_somewhere(document_, link)) note(link);
      if (is_source_path(code)) {
        if (!path_leads_somewhere(document_, code)) note(code);
      } else {
        look_at_words(code);
      }
    }
  }

  void look_at_words(const std::string& code) {
    std::istringstream words(code);
    for (std::string word; words >> word;) {
      if (begins_with_source_folder(word) && !path_leads_somewhere(document_, word)) note(word);
    }
  }

  void note(const std::string& path) {
    found_.push_back(document_.file.lexically_relative(document_.repository).native() + ":" +
                     std::to_string(number_) + ": " + path);
  }

  Document document_;
  int number_ = 0;
  std::vector<std::string> found_;
};

/// Returns the Markdown files of the repository, but for CHANGELOG.md and what was built.
std::vector<fs::path> documents_in(const fs::path& repository) {
  std::vector<fs::path> documents;
  fs::recursive_directory_iterator each(repository);
  for (; each != fs::recursive_directory_iterator(); ++each) {
    const fs::path name = each->path().filename();
    if (each.depth() == 0 && (name == "build" || name == ".git")) each.disable_recursion_pending();
    if (name.extension() == ".md" && name != "CHANGELOG.md") documents.push_back(each->path());
  }
  std::ranges::sort(documents);
  return documents;
}

}  // namespace

std::vector<std::string> paths_that_lead_nowhere(const fs::path& repository) {
  std::vector<std::string> found;
  for (const auto& document : documents_in(repository)) {
    std::ranges::copy(Finder(repository, document).look(), std::back_inserter(found));
  }
  return found;
}

}  // namespace shoal::system
