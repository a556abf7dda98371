#include "modules/library.hpp"

#include <link.h>

#include <boost/algorithm/string/replace.hpp>
#include <boost/dll/runtime_symbol_info.hpp>
#include <string_view>

#include "modules/load_error.hpp"
#include "shoal/host/printable.hpp"

namespace shoal::modules {
namespace {

using MakeModule = Module*(Context&);
constexpr const char* kMakeModule = "shoal_make_module";  // see SHOAL_MODULE

boost::dll::shared_library open(const std::filesystem::path& staged,
                                const std::filesystem::path& shown) {
  using boost::dll::load_mode::rtld_local;
  using boost::dll::load_mode::rtld_now;
  try {
    return boost::dll::shared_library(boost::filesystem::path(staged.native()),
                                      rtld_now | rtld_local);
  } catch (const boost::system::system_error& error) {
    // Boost wraps dlerror's text: `boost::dll::... (dlerror system message: TEXT): Bad file ...`.
    std::string text = error.what();
    if (const auto end = text.rfind("): "); end != std::string::npos) text.erase(end);
    boost::replace_all(text, staged.native(), shown.native());
    if (const auto at = text.find(shown.native()); at != std::string::npos) text.erase(0, at);
    if (!text.starts_with(shown.native())) text.insert(0, shown.native() + ": ");
    throw LoadError(text + "; link it with -z defs and drop it with all that it needs");
  }
}

}  // namespace

Library::Library(const std::filesystem::path& staged, const std::filesystem::path& shown)
    : library_(open(staged, shown)), staged_(staged), shown_(shown.native()) {}

bool Library::has_handler() const {
  if (!library_.has(kMakeModule)) return false;
  // dlsym looks through what the library needs as well, so ask where the symbol really lives.
  const auto home = boost::dll::symbol_location(library_.get<MakeModule>(kMakeModule));
  return home.native() == staged_.native();
}

std::unique_ptr<Module> Library::make_handler(Context& context) const {
  // Here the module's exception ends, while its code is still mapped; only text goes on.
  try {
    return std::unique_ptr<Module>(library_.get<MakeModule>(kMakeModule)(context));
  } catch (const std::exception& error) {
    throw LoadError(shown_ + ": its constructor threw: " + host::printable(error.what()));
  } catch (...) {
    throw LoadError(shown_ + ": its constructor threw something that is no std::exception");
  }
}

bool still_mapped(const std::filesystem::path& folder) {
  const std::string prefix = folder.native() + "/";
  const auto is_below = [](dl_phdr_info* info, std::size_t, void* wanted) -> int {
    return std::string_view(info->dlpi_name).starts_with(*static_cast<const std::string*>(wanted));
  };
  return ::dl_iterate_phdr(is_below, const_cast<std::string*>(&prefix)) != 0;
}

}  // namespace shoal::modules
