#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "elf/error.hpp"

namespace shoal::elf {

/// What the container must know of a shared object before the dynamic linker touches it.
struct Facts {
  std::string soname{};                 ///< DT_SONAME; empty when it has none
  std::vector<std::string> needed{};    ///< DT_NEEDED, in order
  std::vector<std::string> run_path{};  ///< elements of DT_RUNPATH, else of DT_RPATH, in order;
                                        ///< $ORIGIN is not expanded, an empty one means the current
                                        ///< folder
  std::size_t unique_symbols = 0;       ///< defined STB_GNU_UNIQUE symbols: relabel makes them weak
  bool nodelete = false;                ///< DF_1_NODELETE: relabel clears it
  bool static_tls = false;              ///< DF_STATIC_TLS: thread-local storage that runs out
  bool thread_local_destructors = false;  ///< it registers some: they keep it mapped while the
                                          ///< threads live that did
  bool handler = false;                   ///< defines what SHOAL_MODULE defines
  std::string sanitizer{};  ///< e.g. `AddressSanitizer`, as its symbols tell; or empty
  std::string abi{};        ///< the note of SHOAL_MODULE; empty when it has none
  std::string build_id{};   ///< in hexadecimal digits; empty when the linker wrote none
};

/// Reads a file from its program headers alone and verifies that it is a whole shared object for
/// this machine: most truncated files crash dlopen, and some load. No name in the result holds a
/// control byte. Throws Error.
Facts read(std::string_view bytes);

}  // namespace shoal::elf
