#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "crash/writer.hpp"

namespace shoal::crash {

/// A place in code at which a thread is, or to which it will return.
struct Frame {
  std::uintptr_t address = 0;
  bool is_return = false;        ///< `address` is a return address: it follows the call
  std::uintptr_t offset = 0;     ///< of the address in its file, as for addr2line
  std::array<char, 512> path{};  ///< of that file, cut to fit; "": not in a file
};

/// The innermost frames of a thread, in fixed memory. Too large for the stack of a handler: 35 KB.
struct Stack {
  static constexpr std::size_t kMost = 64;
  static constexpr std::size_t kMostRaw = kMost + 32;  // with frames of handlers and sanitizers

  struct Raw {
    std::uintptr_t address;
    bool is_return;
  };

  std::size_t size = 0;
  std::array<Frame, kMost> frames;
  std::size_t raw_size = 0;
  std::array<Raw, kMostRaw> raw;  ///< from the unwinder; used by `walk`
};

/// Prepares what `walk` needs: loads the unwinder's library and finds the name of this program.
/// Call it once in each process, before `walk`. Not for a signal handler.
void prepare_to_walk();

/// Fills in the stack of this thread as it was when a signal interrupted it, without the frames of
/// the handler. Call it in the handler, with the handler's third argument. Takes no lock and reads
/// no file. On a corrupted stack it ends with the frames found so far, provided that the handler of
/// SIGSEGV and SIGBUS calls `escape`.
void walk(Stack& stack, void* context) noexcept;

/// Writes `#3 0x7f12 symbol+0x12 (aquarium.screen.about.so+0x1149)` and a newline. Leaves out what
/// is not known. The symbol is mangled. Safe in a signal handler.
void write_frame(Writer& writer, std::size_t number, const Frame& frame) noexcept;

/// The same, with the symbol from `file`, which the caller has opened. Negative: without a symbol.
void write_frame(Writer& writer, std::size_t number, const Frame& frame, int file) noexcept;

/// Returns the frames of these return addresses, in the same order. Not for a signal handler.
std::vector<Frame> frames_of(std::span<const std::uintptr_t> returns);

/// Returns the address in the file at which the frame is, or at which it called the next function.
std::uintptr_t place_in_file(const Frame& frame) noexcept;

/// Returns the first frame whose file is below `folder`; null when there is no such frame.
/// REQUIRES: `folder` has no slash at its end.
const Frame* first_below(std::string_view folder, const Stack& stack) noexcept;

/// Returns the path of the frame's file as text.
std::string_view path_of(const Frame& frame) noexcept;

}  // namespace shoal::crash
