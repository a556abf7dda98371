#include "commands/progress_line.hpp"

#include <ostream>

#include "base/printable.hpp"

namespace shoal::commands {
namespace {

constexpr std::chrono::milliseconds kSilence{500};
constexpr const char* kToBeginOfEmptyLine = "\r\033[K";

}  // namespace

void ProgressLine::say(const std::string& text, Clock::time_point now) {
  text_ = base::printable(text);
  show(now);
}

void ProgressLine::show(Clock::time_point now) {
  if (!is_terminal_ || now - since_ < kSilence) return;
  const auto tenths = (now - since_) / std::chrono::milliseconds(100);
  out_ << kToBeginOfEmptyLine << text_ << ", " << tenths / 10 << '.' << tenths % 10 << " s"
       << std::flush;
  shown_ = true;
}

void ProgressLine::clear() {
  if (shown_) out_ << kToBeginOfEmptyLine << std::flush;
  shown_ = false;
}

}  // namespace shoal::commands
