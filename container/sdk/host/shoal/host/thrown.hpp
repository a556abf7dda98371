#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <typeinfo>

#include "shoal/export.hpp"

namespace shoal::host {

/// Where an exception was thrown: the return addresses on the stack, innermost first.
struct ThrownAt {
  static constexpr std::size_t kMost = 32;

  std::size_t size = 0;  ///< of `returns`; 0: not known
  std::array<std::uintptr_t, kMost> returns{};
};

/// While an object of this class lives, its thread records where it threw its last exceptions: the
/// stack from the throw up to the function that made the object. It is made on the stack, and used
/// by one thread.
///
/// Exceptions of all other threads are recorded too, since a handler may rethrow them, with the
/// whole stack. All those threads share one small table, so their exceptions are forgotten sooner.
class SHOAL_EXPORT ThrowRecorder {
 public:
  ThrowRecorder() noexcept;
  ~ThrowRecorder();
  ThrowRecorder(const ThrowRecorder&) = delete;
  ThrowRecorder& operator=(const ThrowRecorder&) = delete;

  /// The record of one exception.
  struct Thrown {
    const void* object;          ///< its address; a later exception may have the same
    const std::type_info* type;  ///< compared, but not dereferenced: it may be unmapped
    std::uint64_t number;        ///< counts all exceptions: a later one has a higher number
    std::size_t size;
    std::array<std::uintptr_t, ThrownAt::kMost> returns;
  };

 private:
  friend struct RecorderAccess;

  // More than one, because destructors and catch blocks may throw others during the unwinding.
  static constexpr std::size_t kMost = 8;

  ThrowRecorder* const before_;       // of the same thread
  const std::uintptr_t stack_;        // address of the frame that made it
  std::size_t count_ = 0;             // of all exceptions that it has recorded
  std::array<Thrown, kMost> thrown_;  // a ring; not initialised: each request makes a recorder
};

/// Returns where this exception was first thrown, by any thread; a rethrow does not change that.
/// Returns an empty ThrownAt when that is not known:
/// - a module threw it with its own C++ runtime (-static-libstdc++);
/// - it was made without a throw, as std::make_exception_ptr may do;
/// - many others were thrown after it.
///
/// Safe to call from any thread. Takes no lock.
SHOAL_EXPORT ThrownAt thrown_at(const std::exception_ptr& exception) noexcept;

}  // namespace shoal::host
