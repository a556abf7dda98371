// Sets the clock for one program, which preloads this library. It adds to the time of day the
// number of seconds that stands, at that moment, in the first eight bytes of the file
// SHOAL_TEST_CLOCK.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace {

volatile const std::int64_t* seconds_to_add() {
  static const auto* const seconds = [] {
    const char* const file = std::getenv("SHOAL_TEST_CLOCK");
    const int descriptor = file == nullptr ? -1 : ::open(file, O_RDONLY | O_CLOEXEC);
    void* const page = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, descriptor, 0);
    if (descriptor >= 0) ::close(descriptor);
    return page == MAP_FAILED ? nullptr : static_cast<volatile const std::int64_t*>(page);
  }();
  return seconds;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) {
  using Function = int (*)(clockid_t, timespec*);
  static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "clock_gettime"));
  const int result = real(clock, time);
  if (result == 0 && clock == CLOCK_REALTIME && seconds_to_add() != nullptr) {
    time->tv_sec += *seconds_to_add();
  }
  return result;
}
