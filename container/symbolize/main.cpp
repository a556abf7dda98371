// Prints the source of addresses in code. Started by shoal, see README.md.
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "symbolize/places.hpp"

namespace {

// Longer than shoal waits. Ends this process if shoal has ended meanwhile.
constexpr unsigned kLongest = 20;  // seconds

struct Question {
  int file = -1;
  std::uint64_t address = 0;
};

/// Reads a line such as `4 0x1149 /srv/run/stages/7/pond.fish.so`.
Question read_question(const std::string& line, shoal::symbolize::Places& places) {
  std::istringstream words(line);
  Question question;
  std::string path;
  if (!(words >> question.file >> std::hex >> question.address)) return {};
  std::getline(words >> std::ws, path);
  if (question.file > STDERR_FILENO) places.add(question.file, path);
  return question;
}

void answer(const std::vector<shoal::symbolize::Source>& sources) {
  for (const auto& [function, place] : sources) std::cout << place << "\t" << function << "\n";
  std::cout << std::endl;  // flushed, since the next answer may take too long
}

}  // namespace

int main() try {
  ::alarm(kLongest);
  ::unsetenv("DEBUGINFOD_URLS");  // NOLINT: this process has one thread
  shoal::symbolize::Places places;
  std::vector<Question> questions;
  for (std::string line; std::getline(std::cin, line);) {
    questions.push_back(read_question(line, places));
  }
  for (const auto& [file, address] : questions) answer(places.find(file, address));
  return 0;
} catch (const std::exception& error) {
  std::cerr << "shoal-symbolize: " << error.what() << "\n";
  return 1;
}
