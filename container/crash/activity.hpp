#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace shoal::crash {

/// Writes `text` into `to`, made printable like base::printable (control bytes become \xNN). Cuts
/// it to `size` bytes, with "..." at its end; adds a NUL.
void fit(std::string_view text, char* to, std::size_t size) noexcept;

/// A line of text in fixed memory. It is made printable when it is stored, so that a signal handler
/// only has to write it. A handler of the same thread may read it during an assignment; then it
/// sees a mixture of both texts.
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
  std::array<char, kSize> text_;  // not initialised, since one is made per request
};

/// What a thread is doing, for a crash report. The report leaves out empty texts and null `files`.
struct Activity {
  FixedText<512> request;  ///< `GET /about?x=1`
  FixedText<64> id;        ///< of the request
  FixedText<256> module;   ///< `aquarium.screen.about`
  FixedText<128> group;
  FixedText<128> generation;  ///< its label, `aquarium/12`

  /// The files of that generation with their build-ids, one line each, ended by NUL:
  /// `aquarium.screen.about.so 5f2c...`. Printable. Must outlive the ActivityScope unchanged.
  const char* files = nullptr;
};

/// While this object lives, `activity` is what the current thread is doing. Its destructor restores
/// what was set before. REQUIRES: made and destroyed by one thread, nested scopes in reverse order;
/// `activity` outlives it.
class ActivityScope {
 public:
  explicit ActivityScope(const Activity& activity) noexcept;
  ~ActivityScope();
  ActivityScope(const ActivityScope&) = delete;
  ActivityScope& operator=(const ActivityScope&) = delete;

 private:
  const Activity* const before_;
};

/// Returns what the calling thread is doing; null when no ActivityScope lives. Safe in a signal
/// handler.
const Activity* current_activity() noexcept;

}  // namespace shoal::crash
