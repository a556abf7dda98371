// A module that can crash in many ways. Exports only `swim`, as a real module exports only one
// function.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <thread>

#include "unchecked.hpp"

namespace pond {
namespace {

constexpr long kPage = 4096;

// Set after each call that must be on the stack: a tail call has no frame.
volatile int after = 0;

class Fish {
 public:
  UNCHECKED void bite(volatile int* what) {
    *what = 1;
    after = 1;
  }

  UNCHECKED void give_up() {
    std::abort();
    after = 1;
  }

  UNCHECKED int dive(int depth) {
    volatile char water[512];
    water[0] = static_cast<char>(depth);
    return dive(depth + 1) + water[0];
  }

  UNCHECKED int share(volatile int* among) { return 12 / *among; }

  UNCHECKED void call(void (*whom)()) {
    whom();
    after = 1;
  }

  UNCHECKED void read_past_the_end(const char* path) {
    const int file = ::open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (::ftruncate(file, 2 * kPage) != 0) return;
    auto* const text = static_cast<volatile char*>(
        ::mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
    if (::ftruncate(file, 0) != 0) return;
    after = text[kPage];
  }

  /// The C library detects the damage, and aborts while it holds the lock of its heap.
  UNCHECKED void free_what_is_broken() {
    auto* const big = static_cast<volatile char*>(std::malloc(2000));
    void* const next = std::malloc(2000);
    big[2008] = 0;  // in the size of the next block: the bit that says that this one is in use
    std::free(const_cast<char*>(big));
    std::free(next);
  }

  /// Overwrites its own frame and those of its callers.
  UNCHECKED void smash() {
    volatile long here[2];
    static volatile int i;  // static: not on the stack, which is overwritten
    for (i = 0; i < 40; ++i) here[i] = 0x4141414141414141;
    *static_cast<volatile int*>(nullptr) = 1;
  }

  UNCHECKED void leave() {
    std::exit(3);
    after = 1;
  }

  UNCHECKED void trap() { __builtin_trap(); }
};

UNCHECKED void in_a_thread_of_its_own() {
  std::thread([] { Fish().bite(nullptr); }).join();
}

UNCHECKED void two_at_once() {
  std::thread other([] { Fish().bite(nullptr); });
  Fish().bite(nullptr);
  other.join();
}

UNCHECKED void with_another_thread(void (Fish::*what)()) {
  std::thread other([] { ::pause(); });  // with one thread the heap takes no lock
  (Fish().*what)();
  other.join();
}

/// A crash of a child process is not reported.
UNCHECKED void in_a_child() {
  const pid_t child = ::fork();
  if (child == 0) {
    Fish().bite(nullptr);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  std::_Exit(WIFSIGNALED(status) ? 40 + WTERMSIG(status) : 1);
}

}  // namespace
}  // namespace pond

extern "C" __attribute__((visibility("default"))) UNCHECKED void swim(const char* how) {
  using namespace pond;
  const std::string_view what(how);
  volatile int none = 0;
  if (what == "bite") Fish().bite(nullptr);
  if (what == "give_up") Fish().give_up();
  if (what == "dive") Fish().dive(0);
  if (what == "share") Fish().share(&none);
  if (what == "call_null") Fish().call(nullptr);
  if (what == "call_nowhere") Fish().call(reinterpret_cast<void (*)()>(kPage));
  if (what == "read_past_the_end") Fish().read_past_the_end("truncated");
  if (what == "free_what_is_broken") with_another_thread(&Fish::free_what_is_broken);
  if (what == "smash") Fish().smash();
  if (what == "trap") Fish().trap();
  if (what == "leave") Fish().leave();
  if (what == "in_a_thread_of_its_own") in_a_thread_of_its_own();
  if (what == "two_at_once") two_at_once();
  if (what == "in_a_child") in_a_child();
  pond::after = 1;
}
