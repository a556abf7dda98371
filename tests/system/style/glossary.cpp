#include "glossary.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <regex>
#include <set>

#include "process.hpp"

namespace shoal::system {
namespace {

struct GlossaryRow {
  std::string word;
  std::string meaning;
  std::string file;
};

/// Returns the cells of a line of the table; no cells if the line is not a row of it.
std::vector<std::string> cells_of(const std::string& line) {
  static const std::regex cell("\\|\\s*([^|]*[^|\\s])\\s*(?=\\|)");
  std::vector<std::string> cells;
  for (std::sregex_iterator each(line.begin(), line.end(), cell), end; each != end; ++each) {
    cells.push_back((*each)[1]);
  }
  return cells;
}

std::string in_lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// Returns the words of a source, in lower case, each with a blank before it: `ControlSocket`,
/// `control_socket` and a comment that breaks the line between the two all give " control socket".
std::string words_of(const std::string& source) {
  std::string words = " ";
  for (const unsigned char c : source) {
    const bool begins_word = std::isupper(c) != 0 && std::islower(words.back()) != 0;
    if ((begins_word || std::isalpha(c) == 0) && words.back() != ' ') words += ' ';
    if (std::isalpha(c) != 0) words += static_cast<char>(c);
  }
  return in_lower_case(words);
}

/// Returns the word without its ending: `refused` as `refus`, which `refusal` begins with too.
std::string stem_of(const std::string& word) {
  for (const std::string ending : {"ing", "ed", "es", "s", "e"}) {
    if (word.ends_with(ending) && word.size() > ending.size() + 2) {
      return word.substr(0, word.size() - ending.size());
    }
  }
  return word;
}

bool is_one_sentence(const std::string& meaning) {
  static const std::regex second("[.!?] +[A-Z`]");
  return meaning.ends_with('.') && !std::regex_search(meaning, second);
}

void judge(const GlossaryRow& row, const std::filesystem::path& folder,
           std::vector<std::string>& faults) {
  if (!is_one_sentence(row.meaning))
    faults.push_back(row.word + ": the meaning is not one sentence");
  if (!std::filesystem::is_regular_file(folder / row.file)) {
    faults.push_back(row.word + ": " + row.file + " does not exist");
  } else if (words_of(contents(folder / row.file)).find(" " + stem_of(in_lower_case(row.word))) ==
             std::string::npos) {
    faults.push_back(row.word + ": not in " + row.file);
  }
}

}  // namespace

std::vector<std::string> faults_of_glossary(const std::filesystem::path& glossary) {
  std::vector<std::string> faults;
  std::set<std::string> words;
  std::string before;
  int lines = 0;
  std::ifstream stream(glossary);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with('|') || ++lines <= 2) continue;  // the first two are the heading
    const std::vector<std::string> cells = cells_of(line);
    if (cells.size() != 3) {
      faults.push_back(line + ": not a row of three cells");
      continue;
    }
    const std::string word = in_lower_case(cells[0]);
    if (!words.insert(word).second) {
      faults.push_back(cells[0] + ": stands twice");
    } else if (word < before) {
      faults.push_back(cells[0] + ": comes after " + before);
    }
    before = word;
    judge({cells[0], cells[1], cells[2]}, glossary.parent_path(), faults);
  }
  if (words.empty()) faults.push_back(glossary.filename().native() + ": has no rows");
  return faults;
}

}  // namespace shoal::system
