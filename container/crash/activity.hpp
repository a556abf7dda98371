#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace shoal::crash {

/// Writes `text` into `to`, made printable as base::printable does it (control bytes become \xNN),
/// cut to fit with "..." at its end, and with a zero behind it.
void fit(std::string_view text, char* to, std::size_t size) noexcept;

/// A line of text in fixed memory, made printable as it is stored, so that a signal handler has
/// nothing left to do but to write it. May be assigned to while it is read by a handler of the same
/// thread, which then sees some mixture of both texts.
template <std::size_t kSize>
class FixedText {
 public:
  FixedText() noexcept {
    text_.front() = '\0';
    text_.back() = '\0';
  }
  FixedText& operator=(std::string_view text) noexcept {
    fit(text, text_.data(), kSize);
    return *this;
  }
  std::string_view view() const noexcept { return {text_.data(), ::strnlen(text_.data(), kSize)}; }

 private:
  std::array<char, kSize> text_;  // no more than is used is ever touched: one is made per request
};

/// What a thread is doing, for a crash report to tell. Empty texts and a null `files` are left out.
struct Activity {
  FixedText<512> request;  ///< `GET /about?x=1`
  FixedText<64> id;        ///< of the request
  FixedText<256> module;   ///< `aquarium.screen.about`
  FixedText<128> group;
  FixedText<128> generation;  ///< its label, `aquarium/12`

  /// The files of that generation and their build-ids, a line for each, ending in a newline or
  /// zero: `aquarium.screen.about.so 5f2c...`. Printable, unchanging, and outlives the
  /// ActivityScope.
  const char* files = nullptr;
};

/// While it lives, the current thread is doing `activity`, which outlives it; then again what it
/// did before. Of one thread; nested ones end in reverse order.
class ActivityScope {
 public:
  explicit ActivityScope(const Activity& activity) noexcept;
  ~ActivityScope();
  ActivityScope(const ActivityScope&) = delete;
  ActivityScope& operator=(const ActivityScope&) = delete;

 private:
  const Activity* const before_;
};

/// What the calling thread is doing; null for nothing. Safe in a signal handler.
const Activity* current_activity() noexcept;

}  // namespace shoal::crash
