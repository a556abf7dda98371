#pragma once

#include <boost/dll/shared_library.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "releases/staging/staged.hpp"
#include "shoal/module.hpp"

namespace shoal::generations {

/// What stands in a text for what: a copy's path for the path of the file that its author knows.
using Names = std::map<std::string, std::string>;

/// The copies in the stage, to be told by the names of their files.
Names names_of(const releases::Staged& staged);

/// One open root. Opened and closed on the loader thread only. Move only: a copied
/// boost::dll::shared_library would open its path again.
class Library {
 public:
  /// Opens the root with RTLD_NOW and RTLD_LOCAL. Throws LoadError with the dynamic linker's own
  /// words; paths of copies are replaced by `names`.
  Library(const releases::Root& root, const Names& names);
  Library(Library&&) = default;
  Library& operator=(Library&&) = delete;

  /// Makes the handler. Whatever its constructor throws becomes a LoadError.
  /// REQUIRES: the root is a handler.
  std::unique_ptr<Module> make_handler(Context& context) const;

 private:
  boost::dll::shared_library stub_;  // empty when the root has none
  boost::dll::shared_library library_;
  std::string shown_;
  std::string module_;
};

/// Opens the libraries from outside that modules need, those that are not open yet. Before the
/// modules, so that they bind to nothing of a generation; and never closed: they have threads,
/// handlers and globals of their own. Throws LoadError naming the module that asks.
void open_outside(const releases::Staged& staged);

/// Has the dynamic linker look for libraries that nothing keeps any more: one that a thread_local
/// kept is only then unmapped.
void collect_unused(const std::filesystem::path& folder);

}  // namespace shoal::generations
