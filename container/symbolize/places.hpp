#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct Dwfl;
struct Dwfl_Module;

namespace shoal::symbolize {

/// A line of source and its function. A text is empty when it is not known.
struct Source {
  std::string function;  ///< demangled if it is a C++ function
  std::string place;     ///< `/home/ada/site/layout/page.cpp:17`
};

/// Finds the source of addresses in shared objects and programs, in their DWARF or in that of a
/// separate file (.gnu_debuglink, or by build-id in /usr/lib/debug). Does not query a debuginfod
/// server. Used by one thread.
class Places {
 public:
  Places();
  ~Places();
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;

  /// Adds an open file, and takes over its descriptor, by which it is known from now on. `path` is
  /// its path, which need not exist any more.
  void add(int file, const std::string& path);

  /// Returns the source of this address of the file: the innermost inlined function first, the
  /// function that contains all of them last. Empty when nothing is known.
  std::vector<Source> find(int file, std::uint64_t address) const;

 private:
  struct End {
    void operator()(Dwfl* dwfl) const;
  };

  std::unique_ptr<Dwfl, End> dwfl_;
  std::map<int, Dwfl_Module*> modules_;  // null: the file cannot be read
};

}  // namespace shoal::symbolize
