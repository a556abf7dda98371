#include "elf/facts.hpp"
#include "elf/loadable.hpp"
#include "sample.hpp"
#include "shoal/abi.hpp"

namespace shoal::elf {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Returns the fields that must match, without those for people, in which g++ and clang++ differ.
std::string compared(std::string_view abi) {
  return std::string(abi.substr(0, abi.find(";built:")));
}

/// Returns the note of this build without its sanitizer: no preset sanitizes the samples.
std::string plain_abi() {
  const std::string abi = compared(container_abi());
  return abi.substr(0, abi.find("sanitizer=")) + "sanitizer=none";
}

/// Returns the file with `notes` at its end, as its only note segment.
std::string with_notes(std::string bytes, const std::string& notes, std::uint64_t align) {
  const std::size_t header = segment_of(bytes, PT_NOTE);
  auto segment = value_at<Elf64_Phdr>(bytes, header);
  bytes.resize((bytes.size() + 7) / 8 * 8);
  segment.p_offset = bytes.size();
  segment.p_filesz = notes.size();
  segment.p_align = align;
  put(bytes, header, segment);
  return bytes + notes;
}

std::string note(const std::string& owner, std::uint32_t type, const std::string& text,
                 std::size_t align) {
  std::string note(12, '\0');
  put(note, 0, static_cast<std::uint32_t>(owner.size()));
  put(note, 4, static_cast<std::uint32_t>(text.size()));
  put(note, 8, type);
  const auto pad = [&] { note.resize((note.size() + align - 1) / align * align); };
  note += owner;
  pad();
  note += text;
  pad();
  return note;
}

const std::string kOwner("libshoal.so", 12);

TEST(Note, IsInAStrippedHandlerOfEveryLinker) {
  for (const auto& linker : linkers()) {
    EXPECT_EQ(compared(read(sample("handler." + linker)).abi), plain_abi()) << linker;
  }
}

TEST(Note, SurvivesLinkTimeOptimization) {
  EXPECT_EQ(compared(read(sample("lto")).abi), plain_abi());
}

TEST(Note, NamesTheSanitizer) {
  EXPECT_THAT(read(sample("address_handler")).abi, HasSubstr(";sanitizer=AddressSanitizer;"));
}

TEST(Note, IsNotInALibrary) {
  EXPECT_EQ(read(sample("base.1.bfd")).abi, "");
  EXPECT_EQ(read(sample("unnoted")).abi, "");
}

TEST(Note, CanBeReadByPeople) {
  EXPECT_THAT(sample("handler.bfd"), HasSubstr(std::string(";built:std=2")));
}

TEST(Note, IsFoundAmongOthersOfEitherAlignment) {
  for (const std::uint64_t align : {4, 8}) {
    const std::string notes = note(std::string("GNU", 4), 5, std::string(16, '\x01'), 8) +
                              note(std::string("GNU", 4), 3, std::string(20, '\x02'), 4) +
                              note(kOwner, detail::kAbiNoteType, "sdk=7", align) +
                              note(std::string("GNU", 4), 1, std::string(16, '\x03'), 4);
    EXPECT_EQ(read(with_notes(sample("base.1.bfd"), notes, align)).abi, "sdk=7") << align;
  }
}

TEST(Note, OfAnotherOwnerOrTypeIsIgnored) {
  const auto abi_of = [](const std::string& notes) {
    return read(with_notes(sample("base.1.bfd"), notes, 4)).abi;
  };
  EXPECT_EQ(abi_of(note(std::string("libother.so", 12), detail::kAbiNoteType, "sdk=7", 4)), "");
  EXPECT_EQ(abi_of(note(kOwner, detail::kAbiNoteType + 1, "sdk=7", 4)), "");
}

TEST(Note, IsRefusedWhenItLeavesItsSegmentOrIsNotPrintable) {
  const auto refusal = [](const std::string& notes) {
    return refusal_of_reading(with_notes(sample("base.1.bfd"), notes, 4));
  };
  std::string cut = note(kOwner, detail::kAbiNoteType, "sdk=7", 4);
  for (const std::uint32_t size : {64u, 0x7fffffffu, 0xffffffffu}) {
    put(cut, 4, size);
    EXPECT_THAT(refusal(cut), StartsWith("incomplete: ")) << size;
  }
  EXPECT_THAT(refusal(note(kOwner, detail::kAbiNoteType, "sdk=\n", 4)),
              HasSubstr("its ABI note is damaged"));
}

}  // namespace
}  // namespace shoal::elf
