#include "symbolize/places.hpp"

#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>

namespace shoal::symbolize {
namespace {

const Dwfl_Callbacks* callbacks() {
  static char* separate_files = nullptr;  // the default of libdw
  static const Dwfl_Callbacks kCallbacks{.find_elf = dwfl_build_id_find_elf,
                                         .find_debuginfo = dwfl_standard_find_debuginfo,
                                         .section_address = dwfl_offline_section_address,
                                         .debuginfo_path = &separate_files};
  return &kCallbacks;
}

/// An address in a compilation unit.
struct Place {
  Dwarf_Die* unit;
  Dwarf_Addr address;  // relative to the unit's addresses
};

/// Finds the compilation unit of an address. Not every compiler writes the table of units by
/// address; without it, searches all units.
std::optional<Place> find_place(Dwfl_Module* module, Dwarf_Addr address) {
  Dwarf_Addr bias = 0;
  if (Dwarf_Die* unit = ::dwfl_module_addrdie(module, address, &bias)) {
    return Place{unit, address - bias};
  }
  for (Dwarf_Die* unit = nullptr; (unit = ::dwfl_module_nextcu(module, unit, &bias)) != nullptr;) {
    if (::dwarf_haspc(unit, address - bias) == 1) return Place{unit, address - bias};
  }
  return std::nullopt;
}

std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> readable(
      ::abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
  return status == 0 ? readable.get() : name;
}

std::string function_of(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  for (const unsigned name : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    if (::dwarf_attr_integrate(die, name, &attribute) == nullptr) continue;
    if (const char* linked = ::dwarf_formstring(&attribute)) return demangled(linked);
  }
  const char* const plain = ::dwarf_diename(die);
  return plain == nullptr ? "" : plain;
}

std::string place_of(Dwarf_Die* unit, const char* file, int line) {
  if (file == nullptr) return {};
  std::string path = file;
  Dwarf_Attribute attribute;
  if (!path.starts_with('/') && ::dwarf_attr(unit, DW_AT_comp_dir, &attribute) != nullptr) {
    const char* const folder = ::dwarf_formstring(&attribute);
    if (folder != nullptr) path.insert(0, std::string(folder) + "/");
  }
  path = std::filesystem::path(path).lexically_normal();
  return line > 0 ? path + ":" + std::to_string(line) : path;
}

std::string line_at(const Place& place) {
  Dwarf_Line* const line = ::dwarf_getsrc_die(place.unit, place.address);
  int number = 0;
  if (line == nullptr) return {};
  ::dwarf_lineno(line, &number);
  return place_of(place.unit, ::dwarf_linesrc(line, nullptr, nullptr), number);
}

Dwarf_Word number_of(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word number = 0;
  if (::dwarf_attr(die, name, &attribute) != nullptr) ::dwarf_formudata(&attribute, &number);
  return number;
}

/// Returns the place at which an inlined function is called.
std::string call_of(Dwarf_Die* unit, Dwarf_Die* inlined) {
  Dwarf_Files* files = nullptr;
  if (::dwarf_getsrcfiles(unit, &files, nullptr) != 0) return {};
  const char* const file =
      ::dwarf_filesrc(files, number_of(inlined, DW_AT_call_file), nullptr, nullptr);
  return place_of(unit, file, static_cast<int>(number_of(inlined, DW_AT_call_line)));
}

/// Returns the unit with the functions: with -gsplit-dwarf it is in another file.
Dwarf_Die unit_with_functions(const Place& place) {
  Dwarf_Die split{};
  std::uint8_t type = 0;
  if (::dwarf_cu_info(place.unit->cu, nullptr, &type, nullptr, &split, nullptr, nullptr, nullptr) ==
          0 &&
      type == DW_UT_skeleton && split.cu != nullptr) {
    return split;
  }
  return *place.unit;
}

/// Returns the scopes around the address, the innermost first.
std::vector<Dwarf_Die> scopes_around(Dwarf_Die& unit, Dwarf_Addr address) {
  Dwarf_Die* found = nullptr;
  if (::dwarf_getscopes(&unit, address, &found) <= 0) return {};
  // These scopes end at the definition of an inlined function. The scopes of the innermost one lead
  // on to the functions that it is inlined in.
  Dwarf_Die innermost = *found;
  std::free(found);  // NOLINT: libdw allocates with malloc
  found = nullptr;
  const int count = ::dwarf_getscopes_die(&innermost, &found);
  std::vector<Dwarf_Die> scopes;
  if (count > 0) scopes.assign(found, found + count);
  std::free(found);  // NOLINT
  return scopes;
}

}  // namespace

void Places::End::operator()(Dwfl* dwfl) const { ::dwfl_end(dwfl); }

Places::Places() : dwfl_(::dwfl_begin(callbacks())) {
  if (dwfl_ == nullptr) throw std::runtime_error(::dwfl_errmsg(-1));
}

Places::~Places() = default;

void Places::add(int file, const std::string& path) {
  if (modules_.contains(file)) return;
  ::dwfl_report_begin_add(dwfl_.get());
  // Named by its descriptor, since two files may have the same path.
  Dwfl_Module* const module =
      ::dwfl_report_offline(dwfl_.get(), std::to_string(file).c_str(), path.c_str(), file);
  ::dwfl_report_end(dwfl_.get(), nullptr, nullptr);
  if (module == nullptr) ::close(file);
  modules_[file] = module;
}

std::vector<Source> Places::find(int file, std::uint64_t address) const {
  const auto known = modules_.find(file);
  if (known == modules_.end() || known->second == nullptr) return {};
  GElf_Addr bias = 0;
  if (::dwfl_module_getelf(known->second, &bias) == nullptr) return {};
  const auto place = find_place(known->second, address + bias);
  if (!place) return {};

  std::vector<Source> sources;
  std::string at = line_at(*place);
  Dwarf_Die unit = unit_with_functions(*place);
  for (Dwarf_Die& scope : scopes_around(unit, place->address)) {
    const int tag = ::dwarf_tag(&scope);
    if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) continue;
    sources.push_back({function_of(&scope), at});
    if (tag == DW_TAG_subprogram) break;
    at = call_of(&unit, &scope);
  }
  if (sources.empty() && !at.empty()) sources.push_back({"", at});
  return sources;
}

}  // namespace shoal::symbolize
