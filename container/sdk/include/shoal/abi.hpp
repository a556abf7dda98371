#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

// What a module and the container must agree on before one may call the other: a line of text that
// SHOAL_MODULE puts into each handler module as an ELF note. The container reads the note from the
// file before it loads the module, and refuses a module whose note differs from its own. Authors do
// not use this header directly.
//
//     $ strings hello.so | grep sdk=
//     sdk=0.1;headers=...;cxx11abi=1;stdlib=libstdc++;debugmode=off;sanitizer=none;...

// Both change with the headers. `tests/unit/elf/headers_hash.py --write` updates the second; a test
// fails until then. It is a constant because modules are also built by hand, without a build step.
#define SHOAL_ABI_SDK "0.1"
#define SHOAL_ABI_HEADERS "5699da71181959fe"

#define SHOAL_ABI_TEXT_OF_VALUE(value) #value
#define SHOAL_ABI_TEXT_OF(macro) SHOAL_ABI_TEXT_OF_VALUE(macro)

#if defined(_LIBCPP_VERSION)
#define SHOAL_ABI_STDLIB "libc++ " SHOAL_ABI_TEXT_OF(_LIBCPP_ABI_VERSION)
#define SHOAL_ABI_CXX11 "none"
#else
#define SHOAL_ABI_STDLIB "libstdc++"
#define SHOAL_ABI_CXX11 SHOAL_ABI_TEXT_OF(_GLIBCXX_USE_CXX11_ABI)
#endif

// The debug mode of libstdc++ changes the layout of std::vector and other containers.
#if defined(_GLIBCXX_DEBUG)
#define SHOAL_ABI_DEBUGMODE "on"
#else
#define SHOAL_ABI_DEBUGMODE "off"
#endif

#if defined(__has_feature)
#define SHOAL_ABI_HAS(feature) __has_feature(feature)
#else
#define SHOAL_ABI_HAS(feature) 0
#endif
// g++ 12 defines no macro for -fsanitize=undefined; the container's build defines SHOAL_ABI_UBSAN.
#if defined(SHOAL_ABI_UBSAN) || SHOAL_ABI_HAS(undefined_behavior_sanitizer)
#define SHOAL_ABI_AND_UBSAN "+UndefinedBehaviorSanitizer"
#define SHOAL_ABI_ONLY_UBSAN "UndefinedBehaviorSanitizer"
#else
#define SHOAL_ABI_AND_UBSAN ""
#define SHOAL_ABI_ONLY_UBSAN "none"
#endif
#if defined(__SANITIZE_ADDRESS__) || SHOAL_ABI_HAS(address_sanitizer)
#define SHOAL_ABI_SANITIZER "AddressSanitizer" SHOAL_ABI_AND_UBSAN
#elif defined(__SANITIZE_THREAD__) || SHOAL_ABI_HAS(thread_sanitizer)
#define SHOAL_ABI_SANITIZER "ThreadSanitizer" SHOAL_ABI_AND_UBSAN
#elif SHOAL_ABI_HAS(memory_sanitizer)
#define SHOAL_ABI_SANITIZER "MemorySanitizer" SHOAL_ABI_AND_UBSAN
#else
#define SHOAL_ABI_SANITIZER SHOAL_ABI_ONLY_UBSAN
#endif

#if defined(__clang__)
#define SHOAL_ABI_COMPILER __VERSION__
#else
#define SHOAL_ABI_COMPILER "GCC " __VERSION__
#endif

namespace shoal::detail {

/// The text of the note. The fields stand in the order in which they are compared. The container
/// does not compare `built:` and what follows, which is for people: modules of g++ and of clang++
/// differ there and still work together.
constexpr char kAbi[] =
    "sdk=" SHOAL_ABI_SDK ";headers=" SHOAL_ABI_HEADERS ";cxx11abi=" SHOAL_ABI_CXX11
    ";stdlib=" SHOAL_ABI_STDLIB ";debugmode=" SHOAL_ABI_DEBUGMODE ";sanitizer=" SHOAL_ABI_SANITIZER
    ";built:std=" SHOAL_ABI_TEXT_OF(__cplusplus) ";gxx_abi=" SHOAL_ABI_TEXT_OF(
        __GXX_ABI_VERSION) ";compiler=" SHOAL_ABI_COMPILER;

constexpr std::uint32_t kAbiNoteType = 1;
constexpr std::size_t kAbiNoteOwnerSize = 12;
constexpr char kAbiNoteOwner[kAbiNoteOwnerSize] = "libshoal.so";

/// The layout of an ELF note. Owner and text end at multiples of 8 bytes, so that the note reads
/// the same in a segment with alignment 4 and with alignment 8: some linkers move notes between
/// them.
template <std::size_t kTextSize>
struct AbiNote {
  std::uint32_t owner_size = kAbiNoteOwnerSize;
  std::uint32_t text_size = kTextSize;
  std::uint32_t type = kAbiNoteType;
  std::array<char, kAbiNoteOwnerSize> owner{};
  std::array<char, kTextSize> text{};
};

/// Returns the note with this text, which is padded with zeros.
template <std::size_t kSize>
constexpr auto abi_note(const char (&text)[kSize]) {
  AbiNote<(kSize + 7) / 8 * 8> note;
  for (std::size_t i = 0; i < kAbiNoteOwnerSize; ++i) note.owner[i] = kAbiNoteOwner[i];
  for (std::size_t i = 0; i < kSize; ++i) note.text[i] = text[i];
  return note;
}

}  // namespace shoal::detail

#if defined(__clang__)
// Without this, AddressSanitizer appends a red zone, which is not a valid note.
#define SHOAL_ABI_BARE , no_sanitize("address")
#else
#define SHOAL_ABI_BARE
#endif

/// Defines the note. SHOAL_MODULE uses it. Linkers and `strip` keep notes in the file.
#define SHOAL_ABI_NOTE                                                              \
  __attribute__((used, section(".note.shoal"),                                      \
                 aligned(4) SHOAL_ABI_BARE)) static constexpr auto shoal_abi_note = \
      ::shoal::detail::abi_note(::shoal::detail::kAbi);

#undef SHOAL_ABI_HAS
