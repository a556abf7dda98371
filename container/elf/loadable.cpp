#include "elf/loadable.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "shoal/abi.hpp"

namespace shoal::elf {
namespace {

/// A field that must have the container's value, and what to do when it has another.
struct Compared {
  std::string_view name;
  std::string_view what;
  std::string_view remedy;  ///< the container's value is appended
};

constexpr std::array<Compared, 5> kCompared{{
    {"sdk", "SDK version", "build it with the headers of this container, SDK "},
    {"headers", "SDK headers", "build it with the headers of this container, "},
    {"cxx11abi", "std::string ABI", "build it with -D_GLIBCXX_USE_CXX11_ABI="},
    {"stdlib", "standard library", "build it with -stdlib="},
    {"debugmode", "_GLIBCXX_DEBUG", "build it with that macro "},
}};

/// Returns the value of one field; `unknown` when it is missing. What follows `built:` is for
/// people and is not searched.
std::string_view field(std::string_view abi, std::string_view name) {
  abi = abi.substr(0, abi.find(";built:"));
  while (!abi.empty()) {
    const std::string_view entry = abi.substr(0, abi.find(';'));
    abi.remove_prefix(std::min(abi.size(), entry.size() + 1));
    const auto equals = entry.find('=');
    if (equals != std::string_view::npos && entry.substr(0, equals) == name) {
      return entry.substr(equals + 1);
    }
  }
  return "unknown";
}

/// Returns true if a list of the form `A+B`, the field `sanitizer`, contains this one.
bool has(std::string_view list, std::string_view sanitizer) {
  while (!list.empty()) {
    const std::string_view first = list.substr(0, list.find('+'));
    if (first == sanitizer) return true;
    list.remove_prefix(std::min(list.size(), first.size() + 1));
  }
  return false;
}

void require_sanitizer(std::string_view wanted, std::string_view container) {
  const std::string_view own = field(container, "sanitizer");
  if (wanted.empty() || wanted == "none" || wanted == "unknown" || has(own, wanted)) return;
  std::string fact = "built with " + std::string(wanted) + ", this container is not";
  if (own != "none" && own != "unknown") fact += " (it is built with " + std::string(own) + ")";
  throw Error(fact + "; build it with the same preset");
}

void require_abi(std::string_view abi, std::string_view container) {
  for (const auto& [name, what, remedy] : kCompared) {
    const std::string theirs(field(abi, name)), ours(field(container, name));
    if (theirs == ours) continue;
    throw Error("ABI mismatch: " + std::string(what) + " (" + std::string(name) + ") is " + theirs +
                ", this container has " + ours + "; " + std::string(remedy) + ours);
  }
}

}  // namespace

std::string_view container_abi() { return detail::kAbi; }

void require_loadable(const Facts& facts) { require_loadable(facts, container_abi()); }

void require_loadable(const Facts& facts, std::string_view container) {
  if (facts.static_tls) {
    throw Error(
        "its thread-local storage uses the initial-exec model, whose space runs out after a few "
        "reloads; build it with -fPIC and without -ftls-model=initial-exec");
  }
  require_sanitizer(facts.sanitizer, container);
  if (facts.handler && facts.abi.empty()) {
    throw Error("a handler without an ABI note; build it with the headers of this container, SDK " +
                std::string(field(container, "sdk")));
  }
  if (facts.abi.empty()) return;  // a library needs no note
  if (!facts.handler) {
    throw Error(
        "uses SHOAL_MODULE but does not export shoal_make_module; export that symbol in its "
        "version script or linker flags");
  }
  for (std::string_view rest = field(facts.abi, "sanitizer"); !rest.empty();) {
    const std::string_view first = rest.substr(0, rest.find('+'));
    require_sanitizer(first, container);
    rest.remove_prefix(std::min(rest.size(), first.size() + 1));
  }
  require_abi(facts.abi, container);
}

}  // namespace shoal::elf
