// A worker in small. In the current folder:
//
//   crasher MODULE HOW [WITH...]
//
// opens MODULE below stages/ and has it crash as HOW says; its report goes to crashes/. WITH:
// `thread` (in a thread of the container's own), `no_activity`, `bad_files` (a pointer to nothing),
// `no_descriptors` (none is left), `no_folder` (crashes/ is gone). HOW `wait` says so and waits.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <set>
#include <string>
#include <thread>

#include "crash/doing.hpp"
#include "crash/report.hpp"
#include "shoal/host/own_thread.hpp"

namespace {

using namespace shoal;
namespace fs = std::filesystem;

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

  const host::OwnThread own_thread;
  crash::install("crashes", "stages");
  if (with.contains("no_folder")) fs::remove_all("crashes");
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
    const crash::Doing doing(activity);
    work(module, how, descriptors);
  };
  if (!with.contains("thread")) {
    begin();
    return 1;
  }
  std::thread([&] {
    const host::OwnThread also_own;
    begin();
  }).join();
  return 1;
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 3;
}
