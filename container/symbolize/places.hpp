#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct Dwfl;
struct Dwfl_Module;

namespace shoal::symbolize {

/// A line of source, and the function that it stands in. A text is empty where it is not known.
struct Source {
  std::string function;  ///< demangled where it is C++
  std::string place;     ///< `/home/ada/site/layout/page.cpp:17`
};

/// Finds the source of addresses in shared objects and programs, from their DWARF or that of a
/// separate file (.gnu_debuglink, or by build-id in /usr/lib/debug). Asks no server. Used by one
/// thread.
class Places {
 public:
  Places();
  ~Places();
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;

  /// Makes the file known by its descriptor, which is taken. `path` is where it lies, or lay.
  void add(int file, const std::string& path);

  /// The source of this address, as the file itself counts: the innermost inlined function first,
  /// the function that holds them all last. Empty when nothing is known.
  std::vector<Source> find(int file, std::uint64_t address) const;

 private:
  struct End {
    void operator()(Dwfl* dwfl) const;
  };

  std::unique_ptr<Dwfl, End> dwfl_;
  std::map<int, Dwfl_Module*> modules_;  // null: not one that can be read
};

}  // namespace shoal::symbolize
