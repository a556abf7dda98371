#include "crash/activity.hpp"

#include <atomic>

namespace shoal::crash {
namespace {

// Initial-exec: an access can neither allocate nor take a lock, as a handler needs it. Atomic: no
// compiler may move the store past what the thread then does.
constinit thread_local std::atomic<const Activity*> current [[gnu::tls_model("initial-exec")]] =
    nullptr;

void become(const Activity* activity) noexcept {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  current.store(activity, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace

void fit(std::string_view text, char* to, std::size_t size) noexcept {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kCut = "...";
  std::size_t used = 0;
  std::size_t cut_at = 0;  // the last place that leaves room for kCut
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_control = byte < 0x20 || byte == 0x7f;
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
  become(&activity);
}

ActivityScope::~ActivityScope() { become(before_); }

const Activity* current_activity() noexcept { return current.load(std::memory_order_relaxed); }

}  // namespace shoal::crash
