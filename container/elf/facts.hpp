#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "elf/error.hpp"

namespace shoal::elf {

/// What the container must know about a shared object before it is loaded.
struct Facts {
  std::string soname{};                 ///< DT_SONAME; empty when there is no such entry
  std::vector<std::string> needed{};    ///< DT_NEEDED, in order
  std::vector<std::string> run_path{};  ///< folders of DT_RUNPATH, else of DT_RPATH, in order;
                                        ///< $ORIGIN is not expanded; an empty string means the
                                        ///< current folder
  std::size_t unique_symbols = 0;       ///< defined STB_GNU_UNIQUE symbols: relabel makes them weak
  bool nodelete = false;                ///< DF_1_NODELETE: relabel clears it
  bool static_tls = false;              ///< DF_STATIC_TLS: thread-local storage of limited space
  bool thread_local_destructors = false;  ///< it may register some, which keep it mapped until the
                                          ///< threads end in which it did
  bool handler = false;                   ///< it exports the function that SHOAL_MODULE defines
  std::string sanitizer{};  ///< `AddressSanitizer`, according to its symbols; empty: not sanitized
  std::string abi{};        ///< the note of SHOAL_MODULE; empty when there is no note
  std::string build_id{};   ///< in hexadecimal digits; empty when the linker wrote no build-id
};

/// Returns the facts of a shared object, read by its program headers. Throws Error unless it is a
/// complete shared object for this machine: dlopen crashes on most truncated files and accepts
/// some. No name in the result contains a control byte.
Facts read(std::string_view bytes);

}  // namespace shoal::elf
