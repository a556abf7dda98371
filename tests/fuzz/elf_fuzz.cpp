// The entry point of libFuzzer. Run it with run.sh.
#include <cstddef>
#include <cstdint>

#include "try_everything.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  shoal::elf::try_everything({reinterpret_cast<const char*>(data), size});
  return 0;
}
