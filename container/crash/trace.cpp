#include "crash/trace.hpp"

#include <utility>

#include "crash/demangle.hpp"

namespace shoal::crash {
namespace {

class TextWriter final : public Writer {
 public:
  void put(std::string_view bytes) noexcept override { text_ += bytes; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

Trace::Trace(std::vector<Frame> frames) : frames_(std::move(frames)) {
  for (const auto& frame : frames_) {
    places_.push_back(files_.place(path_of(frame), place_in_file(frame)));
  }
}

std::vector<std::string> Trace::lines() const {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    TextWriter line;
    write_frame(line, i, frames_[i], places_[i].file);
    std::string text = demangled(line.text());
    if (text.ends_with('\n')) text.pop_back();
    lines.push_back(std::move(text));
  }
  return lines;
}

}  // namespace shoal::crash
