#include "shoal/host/thrown.hpp"

#include <dlfcn.h>
#include <unwind.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <typeinfo>
#include <utility>

// Every `throw` of the process comes through here: the dynamic linker finds this library's
// __cxa_throw before that of libstdc++, since the program lists libshoal first.
//
// The version is that of libstdc++'s own symbol, which is what modules and libstdc++ ask for. A
// single @ hides it from linkers, so that a module with a C++ runtime of its own
// (-static-libstdc++) keeps its own __cxa_throw. AddressSanitizer has a __cxa_throw that comes
// before ours and looks for the next one by its plain name, so there it must be the default.
#ifdef __SANITIZE_ADDRESS__
__asm__(".symver shoal_cxa_throw, __cxa_throw@@CXXABI_1.3");
#else
__asm__(".symver shoal_cxa_throw, __cxa_throw@CXXABI_1.3");
#endif

namespace shoal::host {
namespace {

using Throw = void (*)(void*, std::type_info*, void (*)(void*));

using Thrown = ThrowWatch::Thrown;

// Initial-exec: an access must not allocate. Only a pointer, for there is little room for such.
constinit thread_local ThrowWatch* watch [[gnu::tls_model("initial-exec")]] = nullptr;

/// An exception that was thrown where nothing watches: written by any thread, read by any.
struct Shared {
  std::atomic<std::uint32_t> version{0};  ///< odd while it is written
  std::atomic<const void*> object{nullptr};
  std::atomic<const std::type_info*> type{nullptr};
  std::atomic<std::uint64_t> number{0};
  std::atomic<std::size_t> size{0};
  std::array<std::atomic<std::uintptr_t>, ThrownAt::kMost> returns{};
};

constinit std::array<Shared, 64> shared;
constinit std::atomic<std::size_t> next_shared{0};
constinit std::atomic<std::uint64_t> last_number{0};

/// What a walk along the stack has to know.
struct Walk {
  Thrown& thrown;
  std::uintptr_t from;     ///< the return address of the throw
  std::uintptr_t down_to;  ///< 0: all of it
  bool begun = false;
};

_Unwind_Reason_Code take(_Unwind_Context* context, void* argument) {
  auto& walk = *static_cast<Walk*>(argument);
  Thrown& thrown = walk.thrown;
  const std::uintptr_t address = _Unwind_GetIP(context);
  if (address == 0 || thrown.size == thrown.returns.size()) return _URC_END_OF_STACK;
  if (walk.down_to != 0 && _Unwind_GetCFA(context) >= walk.down_to) return _URC_END_OF_STACK;
  walk.begun = walk.begun || address == walk.from;
  if (walk.begun) thrown.returns[thrown.size++] = address;
  return _URC_NO_REASON;
}

/// Allocates nothing and takes no lock: libgcc's unwinder asks _dl_find_object.
void fill(Thrown& thrown, const void* object, const std::type_info* type, std::uintptr_t from,
          std::uintptr_t down_to) noexcept {
  thrown.object = object;
  thrown.type = type;
  thrown.number = last_number.fetch_add(1, std::memory_order_relaxed) + 1;
  thrown.size = 0;
  Walk walk{thrown, from, down_to};
  _Unwind_Backtrace(&take, &walk);
}

void share(const Thrown& thrown) noexcept {
  Shared& slot = shared[next_shared.fetch_add(1) % shared.size()];
  std::uint32_t version = slot.version.load();
  // Another thread writes here just now: one of the two is lost.
  if (version % 2 != 0 || !slot.version.compare_exchange_strong(version, version + 1)) return;
  constexpr auto kRelease = std::memory_order_release;  // none of them before the odd version
  slot.object.store(thrown.object, kRelease);
  slot.type.store(thrown.type, kRelease);
  slot.number.store(thrown.number, kRelease);
  slot.size.store(thrown.size, kRelease);
  for (std::size_t i = 0; i < thrown.size; ++i) {
    slot.returns[i].store(thrown.returns[i], kRelease);
  }
  slot.version.store(version + 2, kRelease);
}

/// False when it was written meanwhile.
bool read(const Shared& slot, Thrown& thrown) noexcept {
  const std::uint32_t version = slot.version.load();
  if (version % 2 != 0) return false;
  thrown.object = slot.object;
  thrown.type = slot.type;
  thrown.number = slot.number;
  thrown.size = std::min(slot.size.load(), thrown.returns.size());
  for (std::size_t i = 0; i < thrown.size; ++i) thrown.returns[i] = slot.returns[i];
  return slot.version.load() == version;
}

// Set when the library is loaded: dlsym waits while another thread is in dlopen.
std::atomic<Throw> next{nullptr};

Throw find_next() noexcept {
  const auto found = reinterpret_cast<Throw>(::dlsym(RTLD_NEXT, "__cxa_throw"));  // NOLINT
  next = found;
  return found;
}

[[gnu::constructor]] void find_next_early() { find_next(); }

}  // namespace

/// What is the watch's own.
struct ThrowWatchAccess {
  static void note(const void* object, const std::type_info* type, std::uintptr_t from,
                   std::uintptr_t stack) noexcept {
    if (watch == nullptr) {
      Thrown thrown;
      fill(thrown, object, type, from, 0);
      return share(thrown);
    }
    // A coroutine has a stack of its own, which lies anywhere.
    const std::uintptr_t down_to = stack < watch->stack_ ? watch->stack_ : 0;
    fill(watch->thrown_[watch->count_++ % ThrowWatch::kMost], object, type, from, down_to);
  }

  template <typename Consider>
  static void each(const Consider& consider) {
    if (watch == nullptr) return;
    const std::size_t known = std::min(watch->count_, ThrowWatch::kMost);
    for (std::size_t i = 0; i < known; ++i) consider(watch->thrown_[i]);
  }
};

ThrowWatch::ThrowWatch() noexcept
    : before_(std::exchange(watch, this)),
      stack_(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0))) {}  // NOLINT

ThrowWatch::~ThrowWatch() { watch = before_; }

ThrownAt thrown_at(const std::exception_ptr& exception) noexcept {
  if (exception == nullptr) return {};
  const void* object = nullptr;
  static_assert(sizeof(exception) == sizeof(object));  // libstdc++: it is that pointer
  std::memcpy(&object, &exception, sizeof(object));
  const std::type_info* const type = exception.__cxa_exception_type();

  ThrownAt found;
  std::uint64_t number = 0;
  const auto consider = [&](const Thrown& thrown) {
    if (thrown.object != object || thrown.type != type || thrown.number <= number) return;
    number = thrown.number;
    found.size = thrown.size;
    std::copy_n(thrown.returns.begin(), thrown.size, found.returns.begin());
  };
  ThrowWatchAccess::each(consider);
  Thrown copy;
  for (const Shared& slot : shared) {
    if (slot.object == object && read(slot, copy)) consider(copy);
  }
  return found;
}

}  // namespace shoal::host

extern "C" {

/// What a `throw` calls, under the name that stands above.
[[noreturn]] SHOAL_EXPORT void shoal_cxa_throw(void* object, std::type_info* type,
                                               void (*destroy)(void*));

void shoal_cxa_throw(void* object, std::type_info* type, void (*destroy)(void*)) {
  using namespace shoal::host;  // NOLINT
  ThrowWatchAccess::note(object, type,
                         reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)),  // NOLINT
                         reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)));  // NOLINT
  const Throw known = next.load(std::memory_order_acquire);
  (known != nullptr ? known : find_next())(object, type, destroy);
  __builtin_unreachable();
}
}
