#include "quoted_messages.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

namespace shoal::system {
namespace {

namespace fs = std::filesystem;

/// What the documents quote of other programs, or say in quotes for another reason.
const std::set<std::string> kNoMessages{
    "permission denied",
    "upstream sent too big header",
    "Welcome to nginx!",  // of nginx
    "May look whole",
};

/// A message that a document quotes.
struct Quotation {
  std::string text;
  bool is_line = false;  // of a block
};

/// Reads C++ source text from beginning to end.
class LiteralReader {
 public:
  explicit LiteralReader(const std::string& source) : source_(source) {}

  std::vector<std::string> read() {
    while (at_ < source_.size()) {
      if (skip_comment() || skip_character()) continue;
      if (source_.compare(at_, 2, "R\"") == 0) {
        read_raw();
      } else if (source_[at_] == '"') {
        read_ordinary();
      } else {
        is_adjacent_ = is_adjacent_ && std::isspace(static_cast<unsigned char>(source_[at_])) != 0;
        ++at_;
      }
    }
    return literals_;
  }

 private:
  bool skip_comment() {
    const bool is_line = source_.compare(at_, 2, "//") == 0;
    if (!is_line && source_.compare(at_, 2, "/*") != 0) return false;
    at_ = std::min(source_.find(is_line ? "\n" : "*/", at_ + 2), source_.size() - 1) + 1;
    return true;
  }

  bool skip_character() {
    const bool is_separator =  // of digits: 10'000
        at_ > 0 && std::isxdigit(static_cast<unsigned char>(source_[at_ - 1])) != 0;
    if (source_[at_] != '\'' || is_separator) return false;
    at_ += source_.compare(at_ + 1, 1, "\\") == 0 ? 3 : 2;
    at_ = std::min(source_.find('\'', at_), source_.size() - 1) + 1;
    is_adjacent_ = false;
    return true;
  }

  void read_raw() {
    const std::size_t begin = source_.find('(', at_) + 1;
    const std::string end = ")" + source_.substr(at_ + 2, begin - at_ - 3) + "\"";
    const std::size_t size = std::min(source_.find(end, begin), source_.size()) - begin;
    add(source_.substr(begin, size));
    at_ = begin + size + end.size();
  }

  void read_ordinary() {
    std::string text;
    for (++at_; at_ < source_.size() && source_[at_] != '"'; ++at_) {
      if (source_[at_] == '\\') ++at_;
      text += source_[at_ - 1] == '\\' && source_[at_] == 'n' ? '\n' : source_[at_];
    }
    ++at_;
    add(text);
  }

  void add(const std::string& text) {
    if (is_adjacent_) {
      literals_.back() += text;
    } else {
      literals_.push_back(text);
    }
    is_adjacent_ = true;
  }

  const std::string& source_;
  std::size_t at_ = 0;
  bool is_adjacent_ = false;  // only space and comments since the last literal
  std::vector<std::string> literals_;
};

void add_quotes(std::string text, std::vector<Quotation>& quotations) {
  static const std::regex code("`[^`]*`"), tag("<[^>]*>"), quoted("\"([^\"]+)\"");
  text = std::regex_replace(std::regex_replace(text, code, "..."), tag, "");
  for (std::sregex_iterator each(text.begin(), text.end(), quoted), end; each != end; ++each) {
    quotations.push_back({(*each)[1], false});
  }
}

std::vector<Quotation> quotations_in(const std::string& markdown) {
  std::vector<Quotation> quotations;
  std::istringstream stream(markdown);
  std::optional<std::string> block;  // its language
  std::string paragraph;
  const auto end_paragraph = [&] {
    add_quotes(paragraph, quotations);
    paragraph.clear();
  };
  for (std::string line; std::getline(stream, line);) {
    const bool is_fence = line.starts_with("```");
    if (is_fence || block || line.empty() || line.starts_with('|')) end_paragraph();
    if (is_fence) {
      block = block ? std::nullopt : std::optional(line.substr(3));
    } else if (block) {
      if (block == "log") quotations.push_back({line, true});
    } else {
      paragraph += line + ' ';
    }
  }
  end_paragraph();
  return quotations;
}

/// Returns true if the word is probably a value: a number, a path, a type, a name with dots.
bool is_value(const std::string& word) {
  static const std::regex camel_case("[a-z][A-Z]");
  const auto has = [&](const char* text) { return word.find(text) != std::string::npos; };
  return std::ranges::any_of(word, [](unsigned char c) { return std::isdigit(c) != 0; }) ||
         std::regex_search(word, camel_case) || has("/") || has("::") || has("<") ||
         (has(".") && !word.ends_with('.'));
}

std::string trimmed(const std::string& text) {
  constexpr const char* kEnds = " \t,.:;()[]'";
  const std::size_t begin = text.find_first_not_of(kEnds);
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(kEnds) - begin + 1);
}

/// Returns the parts of a quotation that are not values.
std::vector<std::string> parts_of(const std::string& quotation) {
  static const std::regex quoted("\"[^\"]*\"|\\.\\.\\.|[:;] ");
  std::vector<std::string> parts(1);
  std::istringstream words(std::regex_replace(quotation, quoted, " \n "));
  for (std::string line; std::getline(words, line); parts.emplace_back()) {
    std::istringstream stream(line);
    for (std::string word; stream >> word;) {
      if (is_value(word)) {
        parts.emplace_back();
      } else {
        parts.back() += (parts.back().empty() ? "" : " ") + word;
      }
    }
  }
  for (auto& part : parts) part = trimmed(part);
  std::erase(parts, "");
  return parts;
}

bool has_space(const std::string& text) { return text.find(' ') != std::string::npos; }

bool exists(const Quotation& quotation, const std::string& literals) {
  auto parts = parts_of(quotation.text);
  // A single word may be a name, unless there is nothing else.
  if (quotation.is_line || std::ranges::any_of(parts, has_space)) {
    std::erase_if(parts, [](const auto& part) { return !has_space(part); });
  }
  return std::ranges::all_of(
      parts, [&](const auto& part) { return literals.find(part) != std::string::npos; });
}

std::string contents_of(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Returns all string literals of the folder, a line each.
std::string literals_below(const fs::path& folder) {
  std::string all;
  if (!fs::exists(folder)) return all;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension != ".cpp" && extension != ".hpp") continue;
    for (const auto& literal : string_literals(contents_of(entry.path()))) all += literal + '\n';
  }
  return all;
}

}  // namespace

std::vector<std::string> string_literals(const std::string& source) {
  return LiteralReader(source).read();
}

std::vector<std::string> messages_quoted_in(const std::string& markdown) {
  std::vector<std::string> messages;
  for (const auto& quotation : quotations_in(markdown)) {
    if (!kNoMessages.contains(quotation.text)) messages.push_back(quotation.text);
  }
  return messages;
}

std::vector<std::string> quotations_without_message(const fs::path& repository) {
  const std::string literals = literals_below(repository / "container") +
                               literals_below(repository / "apps") +
                               literals_below(repository / "tests/system/readme");
  std::vector<std::string> wrong;
  for (const char* folder : {"", "apps", "conf", "deploy"}) {
    if (!fs::exists(repository / folder)) continue;
    for (const auto& entry : fs::directory_iterator(repository / folder)) {
      const fs::path& file = entry.path();
      if (file.extension() != ".md" || file.filename() == "CHANGELOG.md") continue;
      for (const auto& quotation : quotations_in(contents_of(file))) {
        if (kNoMessages.contains(quotation.text) || exists(quotation, literals)) continue;
        wrong.push_back(file.lexically_relative(repository).native() + ": \"" + quotation.text +
                        "\"");
      }
    }
  }
  std::ranges::sort(wrong);
  return wrong;
}

}  // namespace shoal::system
