// libFuzzer's entry. run.sh says how to run it.
#include <cstddef>
#include <cstdint>

#include "try_everything.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  shoal::elf::try_everything({reinterpret_cast<const char*>(data), size});
  return 0;
}
