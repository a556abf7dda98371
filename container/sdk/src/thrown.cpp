#include "shoal/host/thrown.hpp"

#include <dlfcn.h>
#include <unwind.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <typeinfo>
#include <utility>

// Every `throw` of the process calls the __cxa_throw of this file: the dynamic linker finds it
// before that of libstdc++, because the program lists libshoal first.
//
// Its version is that of the symbol in libstdc++, which modules and libstdc++ look for. A single @
// hides it from linkers, so that a module with a C++ runtime of its own (-static-libstdc++) keeps
// its own __cxa_throw. AddressSanitizer has a __cxa_throw that is found before this one, and looks
// for the next one without a version; there @@ makes this version the default.
#ifdef __SANITIZE_ADDRESS__
__asm__(".symver shoal_cxa_throw, __cxa_throw@@CXXABI_1.3");
#else
__asm__(".symver shoal_cxa_throw, __cxa_throw@CXXABI_1.3");
#endif

namespace shoal::host {
namespace {

using Throw = void (*)(void*, std::type_info*, void (*)(void*));

using Thrown = ThrowRecorder::Thrown;

// The model initial-exec, because an access must not allocate. A pointer only, because libraries
// that are loaded later share little space for variables of this model.
constinit thread_local ThrowRecorder* recorder [[gnu::tls_model("initial-exec")]] = nullptr;

/// One exception of a thread without a recorder. Any thread may write or read it.
struct SharedRecord {
  std::atomic<std::uint32_t> version{0};  ///< odd while a thread writes here
  std::atomic<const void*> object{nullptr};
  std::atomic<const std::type_info*> type{nullptr};
  std::atomic<std::uint64_t> number{0};
  std::atomic<std::size_t> size{0};
  std::array<std::atomic<std::uintptr_t>, ThrownAt::kMost> returns{};
};

constinit std::array<SharedRecord, 64> shared_records;
constinit std::atomic<std::size_t> next_shared_record{0};
constinit std::atomic<std::uint64_t> last_number{0};

/// The arguments and the progress of one walk along the stack.
struct Walk {
  Thrown& thrown;
  std::uintptr_t from;     ///< return address of the throw; frames before it are left out
  std::uintptr_t down_to;  ///< address of the frame to end at; 0: all frames
  bool begun = false;
};

_Unwind_Reason_Code add_frame(_Unwind_Context* context, void* argument) {
  auto& walk = *static_cast<Walk*>(argument);
  Thrown& thrown = walk.thrown;
  const std::uintptr_t address = _Unwind_GetIP(context);
  if (address == 0 || thrown.size == thrown.returns.size()) return _URC_END_OF_STACK;
  if (walk.down_to != 0 && _Unwind_GetCFA(context) >= walk.down_to) return _URC_END_OF_STACK;
  walk.begun = walk.begun || address == walk.from;
  if (walk.begun) thrown.returns[thrown.size++] = address;
  return _URC_NO_REASON;
}

/// Writes the record of one exception. Does not allocate or take a lock: the unwinder of libgcc
/// uses _dl_find_object.
void fill(Thrown& thrown, const void* object, const std::type_info* type, std::uintptr_t from,
          std::uintptr_t down_to) noexcept {
  thrown.object = object;
  thrown.type = type;
  thrown.number = last_number.fetch_add(1, std::memory_order_relaxed) + 1;
  thrown.size = 0;
  Walk walk{thrown, from, down_to};
  _Unwind_Backtrace(&add_frame, &walk);
}

void share(const Thrown& thrown) noexcept {
  SharedRecord& record = shared_records[next_shared_record.fetch_add(1) % shared_records.size()];
  std::uint32_t version = record.version.load();
  // When another thread is writing here, this record is lost.
  if (version % 2 != 0 || !record.version.compare_exchange_strong(version, version + 1)) return;
  constexpr auto kRelease = std::memory_order_release;  // no store before that of the odd version
  record.object.store(thrown.object, kRelease);
  record.type.store(thrown.type, kRelease);
  record.number.store(thrown.number, kRelease);
  record.size.store(thrown.size, kRelease);
  for (std::size_t i = 0; i < thrown.size; ++i) {
    record.returns[i].store(thrown.returns[i], kRelease);
  }
  record.version.store(version + 2, kRelease);
}

/// Copies a record. Returns false when another thread wrote it meanwhile.
bool read(const SharedRecord& record, Thrown& thrown) noexcept {
  const std::uint32_t version = record.version.load();
  if (version % 2 != 0) return false;
  thrown.object = record.object;
  thrown.type = record.type;
  thrown.number = record.number;
  thrown.size = std::min(record.size.load(), thrown.returns.size());
  for (std::size_t i = 0; i < thrown.size; ++i) thrown.returns[i] = record.returns[i];
  return record.version.load() == version;
}

// The __cxa_throw of libstdc++. It is looked up when the library is loaded, because dlsym waits
// while another thread is in dlopen.
std::atomic<Throw> next{nullptr};

Throw find_next() noexcept {
  const auto found = reinterpret_cast<Throw>(::dlsym(RTLD_NEXT, "__cxa_throw"));  // NOLINT
  next = found;
  return found;
}

[[gnu::constructor]] void find_next_early() { find_next(); }

}  // namespace

/// Reaches the private members of the recorder.
struct RecorderAccess {
  static void record(const void* object, const std::type_info* type, std::uintptr_t from,
                     std::uintptr_t stack) noexcept {
    if (recorder == nullptr) {
      Thrown thrown;
      fill(thrown, object, type, from, 0);
      return share(thrown);
    }
    // A coroutine has a stack of its own, which may lie above that of the recorder.
    const std::uintptr_t down_to = stack < recorder->stack_ ? recorder->stack_ : 0;
    fill(recorder->thrown_[recorder->count_++ % ThrowRecorder::kMost], object, type, from, down_to);
  }

  template <typename Visit>
  static void for_each(const Visit& visit) {
    if (recorder == nullptr) return;
    const std::size_t known = std::min(recorder->count_, ThrowRecorder::kMost);
    for (std::size_t i = 0; i < known; ++i) visit(recorder->thrown_[i]);
  }
};

ThrowRecorder::ThrowRecorder() noexcept
    : before_(std::exchange(recorder, this)),
      stack_(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0))) {}  // NOLINT

ThrowRecorder::~ThrowRecorder() { recorder = before_; }

ThrownAt thrown_at(const std::exception_ptr& exception) noexcept {
  if (exception == nullptr) return {};
  const void* object = nullptr;
  static_assert(sizeof(exception) == sizeof(object));  // in libstdc++ it is a pointer to the object
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
  RecorderAccess::for_each(consider);
  Thrown copy;
  for (const SharedRecord& record : shared_records) {
    if (record.object == object && read(record, copy)) consider(copy);
  }
  return found;
}

}  // namespace shoal::host

extern "C" {

/// What a `throw` calls: exported as __cxa_throw, by the .symver above.
[[noreturn]] SHOAL_EXPORT void shoal_cxa_throw(void* object, std::type_info* type,
                                               void (*destroy)(void*));

void shoal_cxa_throw(void* object, std::type_info* type, void (*destroy)(void*)) {
  using namespace shoal::host;  // NOLINT
  RecorderAccess::record(object, type,
                         reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)),  // NOLINT
                         reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)));  // NOLINT
  const Throw known = next.load(std::memory_order_acquire);
  (known != nullptr ? known : find_next())(object, type, destroy);
  __builtin_unreachable();
}
}
