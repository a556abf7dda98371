#include "fastcgi/request_body.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

#include "base/failure.hpp"
#include "fastcgi/request_reader.hpp"

namespace shoal::fastcgi {

namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

void log_unusable(const std::filesystem::path& folder, const std::system_error& error) {
  spdlog::error(
      "{}", base::Failure{.thing = folder,
                          .fact = "cannot hold the body of a request, which is answered with 503",
                          .error = error.code().value(),
                          .remedy = "free disk space there, and check that the user running shoal "
                                    "may write to it and open more files"}
                .text());
}

}  // namespace

void RequestBody::announce(std::string_view content_length, const ReadBuffer& buffer) {
  begin_ = buffer.kept().size();
  if (content_length.empty() || content_length == "-1") return;
  std::uint64_t bytes = 0;
  const char* const end = content_length.data() + content_length.size();
  const auto [stopped, error] = std::from_chars(content_length.data(), end, bytes);
  malformed_ = stopped != end || error == std::errc::invalid_argument;
  if (malformed_) return;
  content_length_ = error == std::errc::result_out_of_range ? kNoLimit : bytes;
}

void RequestBody::collect(ReadBuffer& buffer) {
  collected_ = true;
  const std::uint64_t announced = content_length_.value_or(0);
  if (announced > rules_.body) return refuse(413, buffer);
  if (!rules_.budget.has(announced)) return refuse(503, buffer);
  if (announced <= RequestReader::kBodyInMemory) return;
  try {
    file_.emplace(rules_.folder);
  } catch (const std::system_error& error) {
    log_unusable(rules_.folder, error);
    refuse(503, buffer);
  }
}

std::size_t RequestBody::keep(ReadBuffer& buffer, std::size_t count) {
  if (malformed_ || refusal_ != 0) return 0;
  const std::uint64_t announced = content_length_.value_or(kNoLimit);
  const std::uint64_t missing = std::min(announced, rules_.body) - received_;
  // Up to the limit also if it is passed: what is skipped must not depend on how the bytes are cut.
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(count, missing));
  if (collected_ && !take_budget(wanted)) {
    refuse(503, buffer);
    return 0;
  }
  try {
    hold(buffer, wanted);
  } catch (const std::system_error& error) {
    log_unusable(rules_.folder, error);
    refuse(503, buffer);
    return 0;
  }
  received_ += wanted;
  if (wanted == count || announced <= rules_.body) return wanted;
  if (collected_)
    refuse(413, buffer);
  else
    too_large_ = true;
  return wanted;
}

// In a file as soon as it is too large for memory.
void RequestBody::hold(ReadBuffer& buffer, std::size_t count) {
  if (collected_ && !file_ && received_ + count > RequestReader::kBodyInMemory) {
    file_.emplace(rules_.folder);
    file_->append(buffer.kept().substr(begin_));
    buffer.keep_only(begin_);
  }
  if (!file_) return buffer.keep(count);
  file_->append(buffer.unparsed().substr(0, count));
  buffer.skip(count);
}

bool RequestBody::take_budget(std::uint64_t bytes) {
  if (bytes != 0 && !rules_.budget.take(bytes)) return false;
  budgeted_ += bytes;
  return true;
}

void RequestBody::refuse(int status, ReadBuffer& buffer) {
  refusal_ = status;
  buffer.keep_only(begin_);
  drop();
}

std::size_t RequestBody::take(ReadBuffer& buffer, std::span<char> to) {
  const std::size_t count = read(buffer, taken_, to);
  taken_ += count;
  if (collected_ || begin_ + taken_ < buffer.kept().size()) return count;
  buffer.keep_only(begin_);  // all was taken: space for the next bytes
  taken_ = 0;
  return count;
}

std::size_t RequestBody::read(const ReadBuffer& buffer, std::uint64_t offset,
                              std::span<char> to) const {
  if (file_) return file_->read(offset, to);
  const std::string_view held = buffer.kept().substr(begin_);
  return offset < held.size() ? held.copy(to.data(), to.size(), static_cast<std::size_t>(offset))
                              : 0;
}

void RequestBody::forget() {
  drop();
  begin_ = 0;
  content_length_.reset();
  received_ = taken_ = 0;
  refusal_ = 0;
  malformed_ = collected_ = ended_ = too_large_ = false;
}

void RequestBody::drop() {
  file_.reset();
  if (budgeted_ != 0) rules_.budget.give_back(budgeted_);
  budgeted_ = 0;
}

}  // namespace shoal::fastcgi
