#include "crash/activity.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/printable.hpp"

namespace shoal::crash {
namespace {

// Initial-exec: an access neither allocates nor takes a lock, so it is safe in a handler. Atomic:
// the compiler may not move the store behind the code that follows it.
constinit thread_local std::atomic<const Activity*> current [[gnu::tls_model("initial-exec")]] =
    nullptr;

void set_current(const Activity* activity) noexcept {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  current.store(activity, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace

void fit(std::string_view text, char* to, std::size_t size) noexcept {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kCut = "...";
  if (text.size() < size && base::is_plain(text)) {
    std::memcpy(to, text.data(), text.size());
    to[text.size()] = '\0';
    return;
  }
  std::size_t used = 0;
  std::size_t cut_at = 0;  // the last position at which kCut still fits
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_control = base::is_control(c);
    if (used + kCut.size() < size) cut_at = used;
    if (used + (is_control ? 4 : 1) >= size) {
      std::memcpy(to + cut_at, kCut.data(), kCut.size());
      used = cut_at + kCut.size();
      break;
    }
    if (!is_control) {
      to[used++] = c;
      continue;
    }
    for (const char part : {'\\', 'x', kHex[byte >> 4], kHex[byte & 0xf]}) to[used++] = part;
  }
  to[used] = '\0';
}

ActivityScope::ActivityScope(const Activity& activity) noexcept : before_(current_activity()) {
  set_current(&activity);
}

ActivityScope::~ActivityScope() { set_current(before_); }

const Activity* current_activity() noexcept { return current.load(std::memory_order_relaxed); }

}  // namespace shoal::crash
