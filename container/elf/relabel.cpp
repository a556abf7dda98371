#include "elf/relabel.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

#include "elf/bytes.hpp"
#include "elf/image.hpp"
#include "elf/string_space.hpp"
#include "elf/symbols.hpp"
#include "elf/versions.hpp"

namespace shoal::elf {
namespace {

template <typename T>
std::string bytes_of(const T& value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

/// Returns true if the value of this tag is the name of another library.
bool is_library_name(std::int64_t tag) {
  return tag == DT_NEEDED || tag == DT_AUXILIARY || tag == DT_FILTER;
}

/// Returns true if the value of this tag is a position in the string table.
bool is_name(std::int64_t tag) {
  return is_library_name(tag) || tag == DT_SONAME || tag == DT_RPATH || tag == DT_RUNPATH ||
         tag == DT_CONFIG || tag == DT_AUDIT || tag == DT_DEPAUDIT;
}

/// The work of one call of relabel().
class Relabelling {
 public:
  Relabelling(const Image& image, const Labels& labels)
      : image_(image), labels_(labels), space_(image.strings()) {}

  std::vector<Patch> patches() {
    if (!labels_.own.empty() && labels_.needed_by_others && !image_.find(DT_SONAME))
      inject_soname();
    read_entries();
    read_versions();
    read_symbols();
    place();
    std::ranges::sort(patches_, {}, &Patch::offset);
    const auto overlap = [](const Patch& one, const Patch& next) {
      return next.offset - one.offset < one.bytes.size();
    };
    if (std::ranges::adjacent_find(patches_, overlap) != patches_.end()) {
      incomplete("its tables overlap");
    }
    return std::move(patches_);
  }

 private:
  /// A field into which the position of a new name is written.
  struct Use {
    std::uint64_t offset = 0;
    std::size_t size = 0;
    std::string name;
    std::string old;  ///< the name that it held; empty for the file's own name
  };

  using Renaming = std::pair<const std::string, std::string>;

  bool gets_own_name() const {
    return !labels_.own.empty() && (soname_entry_ || image_.find(DT_SONAME));
  }

  /// Returns the old and the new name if the name at this position is to be replaced, else null.
  const Renaming* renaming_at(std::uint64_t position) const {
    const std::string_view strings = image_.strings().substr(position);
    // Compared in place: if each name were copied, a hostile file could cost the square of its
    // size.
    const auto found = std::ranges::find_if(labels_.needed, [&](const Renaming& renaming) {
      const std::string& old = renaming.first;
      return strings.starts_with(old) && strings[old.size()] == '\0';
    });
    return found == labels_.needed.end() ? nullptr : &*found;
  }

  /// Adds a DT_SONAME. Most linkers leave unused entries after DT_NULL. Otherwise it replaces
  /// DT_RELACOUNT, the number of relative relocations: the dynamic linker needs it only for speed.
  void inject_soname() {
    const auto entries = image_.entries();
    std::size_t index = entries.size();
    if (index + 1 >= image_.entry_capacity()) {
      const auto hint = std::ranges::find(entries, DT_RELACOUNT, &Elf64_Dyn::d_tag);
      if (hint == entries.end()) {
        throw Error(
            "it has no soname and no space for one, but another module of its group needs it; link "
            "it with -Wl,-soname,NAME.so");
      }
      index = static_cast<std::size_t>(hint - entries.begin());
    }
    soname_entry_ = index;
    const std::uint64_t offset = image_.entry_offset(index);
    patch(offset + offsetof(Elf64_Dyn, d_tag), bytes_of(std::int64_t{DT_SONAME}));
    uses_.push_back({offset + offsetof(Elf64_Dyn, d_un), sizeof(Elf64_Xword), labels_.own, {}});
  }

  void read_entries() {
    for (std::size_t i = 0; i < image_.entries().size(); ++i) {
      const auto& [tag, value] = image_.entries()[i];
      const std::uint64_t offset = image_.entry_offset(i) + offsetof(Elf64_Dyn, d_un);
      if (tag == DT_FLAGS_1 && (value.d_val & DF_1_NODELETE) != 0) {
        patch(offset, bytes_of(value.d_val & ~std::uint64_t{DF_1_NODELETE}));
      }
      if (!is_name(tag)) continue;
      if (value.d_val >= image_.strings().size())
        incomplete("a name lies outside its string table");
      const Renaming* renaming = is_library_name(tag) ? renaming_at(value.d_val) : nullptr;
      if (tag == DT_SONAME && gets_own_name()) {
        rename(offset, sizeof value.d_val, value.d_val, labels_.own, {});
      } else if (renaming != nullptr) {
        rename(offset, sizeof value.d_val, value.d_val, renaming->second, renaming->first);
      } else {
        space_.mark_used(value.d_val);
      }
    }
  }

  void read_versions() {
    using Kind = VersionName::Kind;
    for (const auto& [kind, offset, position] : version_names(image_)) {
      const Renaming* renaming = kind == Kind::kFile ? renaming_at(position) : nullptr;
      if (kind == Kind::kOwn && gets_own_name()) {
        rename(offset, sizeof(Elf64_Word), position, labels_.own, {});
      } else if (renaming != nullptr) {
        rename(offset, sizeof(Elf64_Word), position, renaming->second, renaming->first);
      } else {
        space_.mark_used(position);
      }
    }
  }

  void read_symbols() {
    const bool has_itm = needs_libitm();
    const Symbols symbols(image_);
    for (std::size_t i = 1; i < symbols.size(); ++i) {
      const Symbol symbol = symbols.at(i);
      if (symbol.name >= image_.strings().size()) continue;
      // g++ and clang++ put these hooks into every shared object, for libraries that few programs
      // use. Under another name such a reference stays as undefined as it is.
      const bool hook =
          !symbol.defined && symbol.binding == STB_WEAK &&
          ((!has_itm && symbols.starts(symbol, "_ITM_")) || symbols.is(symbol, "__gmon_start__"));
      hook ? space_.mark_reserve(symbol.name) : space_.mark_used(symbol.name);
      if (symbol.defined && symbol.binding == STB_GNU_UNIQUE) {
        const auto info = static_cast<unsigned char>(ELF64_ST_INFO(STB_WEAK, symbol.type));
        patch(symbol.offset + offsetof(Elf64_Sym, st_info), bytes_of(info));
      }
      const bool others_may_replace_it = symbol.defined && symbol.binding == STB_GLOBAL &&
                                         ELF64_ST_VISIBILITY(symbol.other) == STV_DEFAULT;
      if (labels_.handler && others_may_replace_it) {
        const auto other = static_cast<unsigned char>(symbol.other | STV_PROTECTED);
        patch(symbol.offset + offsetof(Elf64_Sym, st_other), bytes_of(other));
      }
    }
  }

  bool needs_libitm() const {
    return std::ranges::any_of(image_.entries(), [&](const Elf64_Dyn& entry) {
      return entry.d_tag == DT_NEEDED &&
             image_.name(entry.d_un.d_val).find("libitm.so") != std::string::npos;
    });
  }

  void rename(std::uint64_t offset, std::size_t size, std::uint64_t position,
              const std::string& name, const std::string& old) {
    space_.mark_free(position);
    uses_.push_back({offset, size, name, old});
  }

  void place() {
    // Long names first: they fit into the fewest gaps.
    std::ranges::stable_sort(uses_, std::ranges::greater{},
                             [](const Use& use) { return use.name.size(); });
    std::map<std::string, std::uint64_t> written;
    for (const auto& use : uses_) {
      const auto position = space_.place(use.name);
      if (!position) no_space(use);
      patch(use.offset, bytes_of(*position).substr(0, use.size));
      if (written.emplace(use.name, *position).second) {
        patch(image_.offset_of(image_.strings()) + *position,
              std::string(use.name.c_str(), use.name.size() + 1));
      }
    }
  }

  [[noreturn]] static void no_space(const Use& use) {
    if (use.old.empty()) {
      throw Error("it has no space for the soname of a generation (" + use.name +
                  "); link it with a longer soname: -Wl,-soname,NAME.so");
    }
    throw Error("it has no space to replace " + use.old +
                ", a module of its group that it needs, by " + "the name of a generation (" +
                use.name +
                "); link that module with a longer soname (-Wl,-soname,NAME.so), then link this " +
                "one again");
  }

  void patch(std::uint64_t offset, std::string bytes) {
    patches_.push_back({offset, std::move(bytes)});
  }

  const Image& image_;
  const Labels& labels_;
  StringSpace space_;
  std::optional<std::size_t> soname_entry_;  // index of the entry that was added
  std::vector<Use> uses_;
  std::vector<Patch> patches_;
};

}  // namespace

std::vector<Patch> relabel(std::string_view bytes, const Labels& labels) {
  const Image image(bytes);
  return Relabelling(image, labels).patches();
}

}  // namespace shoal::elf
