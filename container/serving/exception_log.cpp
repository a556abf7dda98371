#include "serving/exception_log.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

namespace shoal::serving {
namespace {

constexpr std::chrono::minutes kPause{1};
constexpr std::size_t kMostPlaces = 256;

/// Returns true for code of the runtime libraries: they throw on behalf of their callers, which are
/// what the author of a module wants to see.
bool is_of_runtime_library(const crash::Frame& frame) {
  constexpr std::array<std::string_view, 6> kNames{"libshoal.so", "libstdc++.so", "libgcc_s.so",
                                                   "libasan.so",  "libtsan.so",   "libubsan.so"};
  const std::string_view path = crash::path_of(frame);
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return std::ranges::any_of(kNames, [&](const auto& each) { return name.starts_with(each); });
}

std::vector<crash::Frame> frames_of(const host::ThrownAt& at) {
  auto frames = crash::frames_of(std::span(at.returns).first(at.size));
  const auto first = std::ranges::find_if_not(frames, &is_of_runtime_library);
  if (first != frames.end()) frames.erase(frames.begin(), first);
  return frames;
}

}  // namespace

void ExceptionLog::log(const std::string& request, const ThrownException& exception) {
  std::vector<StackLog::Stack> stacks;
  for (const auto& [type, what, at] : exception.chain) {
    auto frames = frames_of(at);
    if (frames.empty()) continue;
    stacks.push_back(
        {exception.chain.size() == 1 ? "" : type + " was thrown here:", std::move(frames)});
  }
  std::string left_out;
  if (!stacks.empty()) {
    const crash::Frame& top = stacks.front().frames.front();
    left_out =
        why_left_out({exception.chain.front().type, std::string(crash::path_of(top)), top.address});
  }
  spdlog::error("{}: {}{}", request, exception.text(), left_out);
  if (left_out.empty()) stacks_.log(spdlog::level::err, std::move(stacks));
}

std::string ExceptionLog::why_left_out(const Place& place) {
  const auto now = Clock::now();
  const base::MutexLock lock(mutex_);
  const auto found = logged_.find(place);
  if (found != logged_.end() && now - found->second < kPause) {
    return " (its stack was logged less than a minute ago)";
  }
  std::erase_if(logged_, [&](const auto& each) { return now - each.second >= kPause; });
  if (logged_.size() >= kMostPlaces) {
    return " (its stack is left out: exceptions came from too many places within a minute)";
  }
  logged_[place] = now;
  return {};
}

}  // namespace shoal::serving
