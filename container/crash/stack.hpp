#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "crash/writer.hpp"

namespace shoal::crash {

/// A place in code that a thread is in, or will return to.
struct Frame {
  std::uintptr_t address = 0;
  bool is_return = false;        ///< `address` is behind the call, not the place itself
  std::uintptr_t offset = 0;     ///< of the address in its file, as addr2line takes it
  std::array<char, 512> path{};  ///< of that file; "": in none; cut if it is longer
};

/// The innermost frames of a thread, in fixed memory: 35 KB, so not for the stack of a handler.
struct Stack {
  static constexpr std::size_t kMost = 64;
  static constexpr std::size_t kMostRaw = kMost + 32;  // with those of handlers and sanitizers

  struct Raw {
    std::uintptr_t address;
    bool is_return;
  };

  std::size_t size = 0;
  std::array<Frame, kMost> frames;
  std::size_t raw_size = 0;
  std::array<Raw, kMostRaw> raw;  ///< as the unwinder tells them: the work of `walk`
};

/// Makes ready what `walk` needs, once per process before its first use: the unwinder's library and
/// this program's name. Not for a signal handler.
void prepare_to_walk();

/// The stack of this thread as it was when a signal interrupted it: to be called by its handler,
/// with the handler's third argument. Leaves out the frames of the handler. Takes no lock, reads no
/// file, and where a smashed stack leads nowhere it ends with what was found by then, provided that
/// the handler of SIGSEGV and SIGBUS calls `escape`.
void walk(Stack& stack, void* context) noexcept;

/// Writes `#3 0x7f12 symbol+0x12 (aquarium.screen.about.so+0x1149)` and a newline; without what is
/// not known. Names are as the linker knows them, mangled. Safe in a signal handler.
void write_frame(Writer& writer, std::size_t number, const Frame& frame) noexcept;

/// The same, with the function from this file, opened by the caller; negative: without.
void write_frame(Writer& writer, std::size_t number, const Frame& frame, int file) noexcept;

/// The frames of these return addresses, innermost first. Not for a signal handler.
std::vector<Frame> frames_of(std::span<const std::uintptr_t> returns);

/// Where in its file the frame is, or was when it called another.
std::uintptr_t place_in_file(const Frame& frame) noexcept;

/// The first frame whose file lies below `folder` (without a slash at its end); null if none does.
const Frame* first_below(std::string_view folder, const Stack& stack) noexcept;

/// The path as text.
std::string_view path_of(const Frame& frame) noexcept;

}  // namespace shoal::crash
