#include "releases/apps/way.hpp"

#include <iterator>
#include <system_error>
#include <utility>

namespace shoal::releases {
namespace {

namespace fs = std::filesystem;

constexpr int kMostHops = 40;  // the kernel's own bound, path_resolution(7)

void note_place(const fs::path& folder, const fs::path& name, Scan& scan) {
  scan.places.insert({folder, name.native()});
  for (fs::path above = folder; above.has_relative_path() && scan.above.insert(above).second;) {
    above = above.parent_path();
  }
}

void note_way(const fs::path& path, Scan& scan, int budget) {
  fs::path here = path.root_path();  // without links: `..` is its parent
  for (auto part = path.begin(); part != path.end(); ++part) {
    if (part->empty() || *part == "." || *part == path.root_path()) continue;
    const fs::path folder = std::exchange(here, *part == ".." ? here.parent_path() : here / *part);
    if (*part == "..") continue;
    std::error_code none;
    const fs::file_type type = fs::symlink_status(here, none).type();
    if (type == fs::file_type::symlink && budget > 0) {
      note_place(folder, *part, scan);
      fs::path target = folder / fs::read_symlink(here, none);
      for (auto rest = std::next(part); rest != path.end(); ++rest) target /= *rest;
      return note_way(target, scan, budget - 1);
    }
    if (type == fs::file_type::not_found) return note_place(folder, *part, scan);
  }
  if (here.has_filename()) note_place(here.parent_path(), here.filename(), scan);
}

}  // namespace

void note_way(const fs::path& path, Scan& scan) { note_way(path, scan, kMostHops); }

}  // namespace shoal::releases
