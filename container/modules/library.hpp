#pragma once

#include <boost/dll/shared_library.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "shoal/module.hpp"

namespace shoal::modules {

/// One open shared object. Opened and closed on the loader thread only. Move only: a copied
/// boost::dll::shared_library would open its path again.
class Library {
 public:
  /// Opens the copy at `staged` with all its symbols bound, for nobody else to see. Throws
  /// LoadError with the dynamic linker's own words, in which `shown` stands for the copy.
  Library(const std::filesystem::path& staged, const std::filesystem::path& shown);
  Library(Library&&) = default;
  Library& operator=(Library&&) = delete;

  /// Whether the file itself has a SHOAL_MODULE; one in a library that it needs does not count.
  bool has_handler() const;

  /// Makes the handler. Whatever its constructor throws becomes a LoadError.
  /// REQUIRES: has_handler().
  std::unique_ptr<Module> make_handler(Context& context) const;

 private:
  boost::dll::shared_library library_;
  std::filesystem::path staged_;
  std::string shown_;
};

/// Whether a shared object from below `folder` is still mapped, as the dynamic linker sees it.
/// Library's destructor cannot tell: dlclose succeeds also when something keeps the library.
bool still_mapped(const std::filesystem::path& folder);

}  // namespace shoal::modules
