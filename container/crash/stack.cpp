#include "crash/stack.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/descriptor.hpp"
#include "crash/escape.hpp"
#include "crash/interrupted.hpp"
#include "crash/symbol_names.hpp"

namespace shoal::crash {
namespace {

constexpr std::string_view kProgram = "/proc/self/exe";

std::array<char, 256> program_name{};

_Unwind_Reason_Code take(_Unwind_Context* context, void* argument) {
  auto& stack = *static_cast<Stack*>(argument);
  int is_exact = 0;
  const std::uintptr_t address = _Unwind_GetIPInfo(context, &is_exact);
  if (address == 0 || stack.raw_size == stack.raw.size()) return _URC_END_OF_STACK;
  stack.raw[stack.raw_size++] = {address, is_exact == 0};
  return _URC_NO_REASON;
}

void unwind(void* stack) { _Unwind_Backtrace(&take, stack); }

/// Finds the shared object with this address. Takes no lock, while dladdr would wait for the
/// dynamic linker.
bool find_object(std::uintptr_t address, dl_find_object& object) noexcept {
  return ::_dl_find_object(reinterpret_cast<void*>(address), &object) == 0;  // NOLINT
}

bool is_code(std::uintptr_t address) noexcept {
  dl_find_object object{};
  return find_object(address, object);
}

void find_file(Frame& frame) noexcept {
  dl_find_object object{};
  if (!find_object(frame.address - (frame.is_return ? 1 : 0), object)) return;
  frame.offset = frame.address - object.dlfo_link_map->l_addr;
  const char* const name = object.dlfo_link_map->l_name;
  const std::string_view path = name == nullptr || *name == '\0' ? kProgram : name;
  std::memcpy(frame.path.data(), path.data(), std::min(path.size(), frame.path.size() - 1));
}

/// Fills in the file of each frame. Guarded, since another thread may be closing a library.
void find_files(void* argument) {
  auto& stack = *static_cast<Stack*>(argument);
  for (std::size_t i = 0; i < stack.size; ++i) find_file(stack.frames[i]);
}

void add(Stack& stack, std::uintptr_t address, bool is_return) noexcept {
  if (stack.size < stack.frames.size()) stack.frames[stack.size++] = {address, is_return, 0, {}};
}

struct Caller {
  const Interrupted* thread;
  std::uintptr_t address = 0;
};

/// Returns the address to continue from when there is no code at the interrupted instruction; 0
/// when there is code, or no such address.
std::uintptr_t caller_of(const Interrupted& thread) noexcept {
  if (is_code(thread.instruction())) return 0;
  Caller caller{&thread};
  guarded(
      [](void* argument) {
        auto& asked = *static_cast<Caller*>(argument);
        asked.address = asked.thread->caller();
      },
      &caller);
  return caller.address != 0 && is_code(caller.address - 1) ? caller.address : 0;
}

std::string_view shown_name(std::string_view path) noexcept {
  if (path == kProgram) return program_name.data();
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

void name_function(Writer& writer, const Frame& frame, int file) noexcept {
  Function function;
  find_function(file, place_in_file(frame), function);
  if (function.name.front() == '\0') return;
  writer.put(" ");
  writer.printable(function.name.data());
  writer.put("+");
  writer.hex(frame.offset - function.start);
}

}  // namespace

void prepare_to_walk() {
  Stack::Raw unused{};
  _Unwind_Backtrace([](_Unwind_Context*, void*) { return _URC_NO_REASON; }, &unused);
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink(kProgram.data(), path.data(), path.size() - 1);
  const std::string_view name =
      shown_name({path.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))});
  std::memcpy(program_name.data(), name.data(), std::min(name.size(), program_name.size() - 1));
}

void walk(Stack& stack, void* context) noexcept {
  const Interrupted thread(context);
  const std::uintptr_t caller = caller_of(thread);
  stack.size = 0;
  stack.raw_size = 0;
  {
    std::optional<Interrupted::BeforeCall> before;
    if (caller != 0) before.emplace(thread, caller);
    guarded(&unwind, &stack);
  }

  add(stack, thread.instruction(), false);
  if (caller != 0) add(stack, caller, true);
  const std::uintptr_t last_own = caller != 0 ? caller - 1 : thread.instruction();
  const auto begin = stack.raw.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(stack.raw_size);
  auto raw = std::find_if(begin, end, [&](const auto& one) { return one.address == last_own; });
  // A sanitizer may run a handler later, in another place: then all of that stack is used.
  for (raw = raw == end ? begin : raw + 1; raw != end; ++raw) {
    add(stack, raw->address, raw->is_return);
  }
  guarded(&find_files, &stack);
}

std::vector<Frame> frames_of(std::span<const std::uintptr_t> returns) {
  std::vector<Frame> frames(returns.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    frames[i].address = returns[i];
    frames[i].is_return = true;
    find_file(frames[i]);
  }
  return frames;
}

std::uintptr_t place_in_file(const Frame& frame) noexcept {
  return frame.offset - (frame.is_return ? 1 : 0);
}

void write_frame(Writer& writer, std::size_t number, const Frame& frame) noexcept {
  // A name without a slash is not a file: linux-vdso.so.1 of the kernel.
  const bool is_file = std::strchr(frame.path.data(), '/') != nullptr;
  const base::Descriptor file(is_file ? ::open(frame.path.data(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
                                      : -1);
  write_frame(writer, number, frame, file.get());
}

void write_frame(Writer& writer, std::size_t number, const Frame& frame, int file) noexcept {
  writer.put("#");
  writer.decimal(static_cast<std::int64_t>(number));
  writer.put(" ");
  writer.hex(frame.address);
  if (frame.path.front() != '\0') {
    if (file >= 0) name_function(writer, frame, file);
    writer.put(" (");
    writer.printable(shown_name(frame.path.data()));
    writer.put("+");
    writer.hex(frame.offset);
    writer.put(")");
  }
  writer.put("\n");
}

const Frame* first_below(std::string_view folder, const Stack& stack) noexcept {
  for (std::size_t i = 0; i < stack.size; ++i) {
    const auto path = path_of(stack.frames[i]);
    if (path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/') {
      return &stack.frames[i];
    }
  }
  return nullptr;
}

std::string_view path_of(const Frame& frame) noexcept { return frame.path.data(); }

}  // namespace shoal::crash
