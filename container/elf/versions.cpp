#include "elf/versions.hpp"

#include <cstddef>

#include "elf/bytes.hpp"

namespace shoal::elf {
namespace {

using Kind = VersionName::Kind;

/// Follows the chains of both tables and collects the names.
class Walk {
 public:
  explicit Walk(const Image& image) : image_(image) {}

  void needs(std::uint64_t address) {
    const std::string_view table = image_.mapped(address);
    for (std::uint64_t here = 0;;) {
      const auto need = at<Elf64_Verneed>(table, here);
      add(Kind::kFile, table, here + offsetof(Elf64_Verneed, vn_file), need.vn_file);
      for (std::uint64_t part = here + need.vn_aux;;) {
        const auto version = at<Elf64_Vernaux>(table, part);
        add(Kind::kOther, table, part + offsetof(Elf64_Vernaux, vna_name), version.vna_name);
        if (version.vna_next == 0) break;
        part += version.vna_next;
      }
      if (need.vn_next == 0) return;
      here += need.vn_next;
    }
  }

  void definitions(std::uint64_t address) {
    const std::string_view table = image_.mapped(address);
    for (std::uint64_t here = 0;;) {
      const auto definition = at<Elf64_Verdef>(table, here);
      const bool own = (definition.vd_flags & VER_FLG_BASE) != 0;
      for (std::uint64_t part = here + definition.vd_aux;;) {
        const auto name = at<Elf64_Verdaux>(table, part);
        add(own ? Kind::kOwn : Kind::kOther, table, part + offsetof(Elf64_Verdaux, vda_name),
            name.vda_name);
        if (name.vda_next == 0) break;
        part += name.vda_next;
      }
      if (definition.vd_next == 0) return;
      here += definition.vd_next;
    }
  }

  std::vector<VersionName> names;

 private:
  void add(Kind kind, std::string_view table, std::uint64_t field, std::uint64_t position) {
    // Chains of a hostile file may form a loop. A file has no space for more entries than this.
    if (names.size() > image_.bytes().size() / sizeof(Elf64_Verdaux)) {
      incomplete("its version tables never end");
    }
    if (position >= image_.strings().size()) {
      incomplete("the name of a version lies outside its string table");
    }
    names.push_back({kind, image_.offset_of(table) + field, position});
  }

  const Image& image_;
};

}  // namespace

std::vector<VersionName> version_names(const Image& image) {
  Walk walk(image);
  // Like the dynamic linker, ignores the counts: a chain ends where its last entry says so.
  if (const auto address = image.find(DT_VERNEED)) walk.needs(*address);
  if (const auto address = image.find(DT_VERDEF)) walk.definitions(*address);
  return walk.names;
}

}  // namespace shoal::elf
