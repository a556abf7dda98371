// A small worker:
//
//   crasher MODULE HOW [WITH...]
//
// loads MODULE from stages/ of the current folder and makes it crash: HOW is an argument of its
// function swim(), or `wait` (prints `waiting` and waits for a signal), or `look` (prints the stack
// of a thread that cannot be unwound, and exits with 0). The report goes to crashes/. WITH:
// `thread` (in another thread), `no_activity`, `bad_files` (an invalid pointer), `no_descriptors`
// (all are used), `no_folder` (crashes/ is removed), `no_listener` (standard error is a full pipe
// that no process reads).

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/own_thread.hpp"
#include "crash/activity.hpp"
#include "crash/report.hpp"
#include "crash/stack_of.hpp"

namespace {

using namespace shoal;
namespace fs = std::filesystem;

#if defined(__x86_64__)
std::atomic<int> lost{0};
std::atomic<int> found{0};

/// Has an invalid frame pointer while it waits, of which its unwind table has no record.
[[gnu::noinline]] void lose_the_frame() {
  auto* const space = static_cast<volatile char*>(__builtin_alloca(lost + 16));
  space[0] = 0;
  asm volatile(
      "mov %%rbp, %%rbx\n mov $16, %%rbp\n movl $1, (%0)\n"
      "1: cmpl $0, (%1)\n je 1b\n mov %%rbx, %%rbp"
      :
      : "r"(&lost), "r"(&found)
      : "rbx", "memory", "cc");
}

int look() {
  std::atomic<pid_t> id{0};
  std::thread thread([&] {
    id = ::gettid();
    lose_the_frame();
  });
  while (lost == 0) std::this_thread::yield();
  std::cout << crash::stack_of(id, std::chrono::seconds(20)) << std::flush;
  found = 1;
  thread.join();
  return 0;
}
#endif

/// Makes standard error a full pipe that no process reads.
void fill_standard_error() {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
  ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
  while (::write(ends[1], "x", 1) == 1) {
  }
  ::fcntl(ends[1], F_SETFL, 0);
  ::dup2(ends[1], STDERR_FILENO);
}

void take_all_descriptors() {
  const rlimit few{32, 32};
  ::setrlimit(RLIMIT_NOFILE, &few);
  while (::open("/dev/null", O_RDONLY) >= 0) {
  }
}

void work(const std::string& module, const std::string& how, bool descriptors) {
  if (how == "wait") {
    std::cout << "waiting" << std::endl;
    for (;;) ::pause();
  }
  void* const library = ::dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(::dlerror());
  const auto swim = reinterpret_cast<void (*)(const char*)>(::dlsym(library, "swim"));
  if (swim == nullptr) throw std::runtime_error(::dlerror());
  if (!descriptors) take_all_descriptors();
  swim(how.c_str());
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) return 2;
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const std::string module = fs::current_path() / "stages" / argv[1];
  const std::string how = argv[2];
  const std::set<std::string> with(argv + 3, argv + argc);

  const base::OwnThread own_thread;
  crash::install("crashes", "stages");
  if (with.contains("no_folder")) fs::remove_all("crashes");
  if (with.contains("no_listener")) fill_standard_error();
#if defined(__x86_64__)
  if (how == "look") return look();
#endif
  const std::string files = "pond.fish.so 00aa\npond.frog.so 00bb\n";
  crash::Activity activity;
  activity.id = "7f3a";
  activity.request = "GET /pond/fish?\r\nforged: line";
  activity.module = "pond.fish";
  activity.group = "pond";
  activity.generation = "pond/3";
  activity.files =
      with.contains("bad_files") ? reinterpret_cast<const char*>(sizeof(int)) : files.c_str();

  const bool descriptors = !with.contains("no_descriptors");
  const auto begin = [&] {
    if (with.contains("no_activity")) return work(module, how, descriptors);
    const crash::ActivityScope scope(activity);
    work(module, how, descriptors);
  };
  if (!with.contains("thread")) {
    begin();
    return 1;
  }
  std::thread([&] {
    const base::OwnThread also_own;
    begin();
  }).join();
  return 1;
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 3;
}
