#include "elf/facts.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "elf/bytes.hpp"
#include "elf/image.hpp"
#include "elf/symbols.hpp"
#include "elf/versions.hpp"
#include "shoal/abi.hpp"

namespace shoal::elf {
namespace {

constexpr std::size_t kLongestNote = 4096;
constexpr std::size_t kLongestBuildId = 64;
constexpr std::size_t kLongestRunPath = 16 * 1024;
constexpr std::size_t kLongestNotes = 64 * 1024;  // of one segment
constexpr std::uint64_t kNoteHead = 24;           // sizes, type and owner

/// Splits `a:b`.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  for (std::size_t from = 0;;) {
    const auto end = path.find(':', from);
    parts.emplace_back(path.substr(from, end - from));
    if (end == std::string_view::npos) return parts;
    from = end + 1;
  }
}

/// Name, beginning of its symbols, name of its runtime library. The first that fits is reported:
/// one sanitizer that the container lacks is reason enough.
constexpr std::array<std::array<std::string_view, 3>, 5> kSanitizers{{
    {"AddressSanitizer", "__asan_init", "asan"},
    {"ThreadSanitizer", "__tsan_init", "tsan"},
    {"MemorySanitizer", "__msan_init", "msan"},
    {"HWAddressSanitizer", "__hwasan_init", "hwasan"},
    {"UndefinedBehaviorSanitizer", "__ubsan_handle_", "ubsan"},
}};

/// Returns true if `library` is the runtime of this sanitizer: libasan.so.8 of g++, or
/// libclang_rt.asan-x86_64.so of clang++.
bool is_runtime(std::string_view library, std::string_view short_name) {
  const std::string stem(short_name);
  library = library.substr(library.rfind('/') + 1);
  return library.starts_with("lib" + stem + ".so") || library.starts_with("libclang_rt." + stem);
}

/// Returns the text of the ABI note. Tries every fourth byte, since linkers put notes of alignment
/// 4 and 8 into one segment, where their sizes do not lead from one to the next. Our note has the
/// same layout under both.
std::string note_in(std::string_view segment) {
  constexpr detail::AbiNote<0> kOurs;
  const std::string_view owner(detail::kAbiNoteOwner, detail::kAbiNoteOwnerSize);
  for (std::uint64_t here = 0; here + kNoteHead <= segment.size(); here += 4) {
    if (at<std::uint32_t>(segment, here) != kOurs.owner_size ||
        at<std::uint32_t>(segment, here + 8) != kOurs.type ||
        segment.substr(here + 12, owner.size()) != owner) {
      continue;
    }
    const auto size = at<std::uint32_t>(segment, here + 4);
    if (size > kLongestNote) incomplete("its ABI note is damaged");
    const std::string_view text = slice(segment, here + kNoteHead, size);
    const auto end = std::min(text.find('\0'), text.size());
    return std::string(text.substr(0, end));
  }
  return {};
}

/// Returns the build-id (NT_GNU_BUILD_ID) as hexadecimal digits. Searches like note_in, but a
/// damaged build-id is not an error: only people and debuggers use it.
std::string build_id_in(std::string_view segment) {
  constexpr std::string_view kOwner("GNU\0", 4);
  constexpr std::uint64_t kHead = 12;
  for (std::uint64_t here = 0; here + kHead + kOwner.size() <= segment.size(); here += 4) {
    const auto size = at<std::uint32_t>(segment, here + 4);
    if (at<std::uint32_t>(segment, here) != kOwner.size() ||
        at<std::uint32_t>(segment, here + 8) != NT_GNU_BUILD_ID || size > kLongestBuildId ||
        segment.substr(here + kHead, kOwner.size()) != kOwner) {
      continue;
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char byte : segment.substr(here + kHead + kOwner.size(), size)) {
      text += kDigits[static_cast<unsigned char>(byte) >> 4];
      text += kDigits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
  }
  return {};
}

std::string build_id_of(const Image& image) {
  for (const auto& segment : image.segments()) {
    if (segment.p_type != PT_NOTE || segment.p_filesz == 0) continue;
    std::string id = build_id_in(
        slice(image.bytes(), segment.p_offset, segment.p_filesz).substr(0, kLongestNotes));
    if (!id.empty()) return id;
  }
  return {};
}

std::string note_of(const Image& image) {
  for (const auto& segment : image.segments()) {
    if (segment.p_type != PT_NOTE || segment.p_filesz == 0) continue;
    std::string note =
        note_in(slice(image.bytes(), segment.p_offset, segment.p_filesz).substr(0, kLongestNotes));
    if (note.empty()) continue;
    if (!std::ranges::all_of(note, [](char byte) { return byte >= ' ' && byte <= '~'; })) {
      incomplete("its ABI note is damaged");
    }
    return note;
  }
  return {};
}

void read_entries(const Image& image, Facts& facts) {
  for (const auto& [tag, value] : image.entries()) {
    if (tag == DT_NEEDED) facts.needed.push_back(image.name(value.d_val));
  }
  if (const auto soname = image.find(DT_SONAME)) facts.soname = image.name(*soname);
  const auto run_path = image.find(DT_RUNPATH), old_path = image.find(DT_RPATH);
  if (run_path || old_path) {
    const std::uint64_t position = run_path ? *run_path : *old_path;
    // Tools that remove a run path leave an empty string.
    if (position >= image.strings().size()) incomplete("a name lies outside its string table");
    if (image.strings()[position] != '\0')
      facts.run_path = parts_of(image.name(position, kLongestRunPath));
  }
  facts.static_tls = (image.find(DT_FLAGS).value_or(0) & DF_STATIC_TLS) != 0;
  const std::uint64_t flags = image.find(DT_FLAGS_1).value_or(0);
  facts.nodelete = (flags & DF_1_NODELETE) != 0;
  if ((flags & DF_1_PIE) != 0) throw Error("a program, not a shared object; link it with -shared");
  if ((flags & DF_1_NOOPEN) != 0) {
    throw Error("linked with -z nodlopen, which forbids loading it; link it without -z nodlopen");
  }
}

void read_symbols(const Image& image, Facts& facts) {
  std::array<bool, kSanitizers.size()> sanitized{};
  const Symbols symbols(image);
  for (std::size_t i = 1; i < symbols.size(); ++i) {
    const Symbol symbol = symbols.at(i);
    if (symbol.defined) {
      facts.unique_symbols += symbol.binding == STB_GNU_UNIQUE ? 1 : 0;
      facts.handler |= symbol.binding != STB_LOCAL && symbols.is(symbol, "shoal_make_module");
      continue;
    }
    if (!symbols.starts(symbol, "__")) continue;
    // The Rust standard library has a weak reference to it.
    facts.thread_local_destructors |=
        symbols.is(symbol, "__cxa_thread_atexit") || symbols.is(symbol, "__cxa_thread_atexit_impl");
    // A weak reference only tests whether a sanitizer is loaded.
    if (symbol.binding == STB_WEAK) continue;
    for (std::size_t kind = 0; kind < kSanitizers.size(); ++kind) {
      sanitized[kind] |= symbols.starts(symbol, kSanitizers[kind][1]);
    }
  }
  for (std::size_t kind = 0; kind < kSanitizers.size(); ++kind) {
    const auto& [name, init, runtime] = kSanitizers[kind];
    for (const auto& library : facts.needed) sanitized[kind] |= is_runtime(library, runtime);
    if (sanitized[kind] && facts.sanitizer.empty()) facts.sanitizer = name;
  }
}

}  // namespace

Facts read(std::string_view bytes) {
  const Image image(bytes);
  Facts facts;
  read_entries(image, facts);
  read_symbols(image, facts);
  version_names(image);
  facts.abi = note_of(image);
  facts.build_id = build_id_of(image);
  return facts;
}

}  // namespace shoal::elf
