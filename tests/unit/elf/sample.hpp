#pragma once

#include <elf.h>
#include <gmock/gmock.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "elf/error.hpp"
#include "elf/facts.hpp"
#include "elf/relabel.hpp"

namespace shoal::elf {

inline const std::string kSamples = SHOAL_ELF_SAMPLES;

inline std::string bytes_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Returns the bytes of the sample NAME.so. samples/make.sh lists the samples.
inline std::string sample(const std::string& name) {
  return bytes_of(kSamples + "/" + name + ".so");
}

/// Returns the linkers that this machine has.
inline std::vector<std::string> linkers() {
  std::ifstream stream(kSamples + "/linkers");
  return {std::istream_iterator<std::string>(stream), {}};
}

/// Returns the message of the Error that `action` throws; empty when it throws none.
template <typename Action>
std::string refusal_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

inline std::string refusal_of_reading(std::string_view bytes) {
  return refusal_of([&] { read(bytes); });
}

inline std::string patched(std::string bytes, const std::vector<Patch>& patches) {
  for (const auto& [offset, with] : patches) bytes.replace(offset, with.size(), with);
  return bytes;
}

inline std::string relabelled(const std::string& bytes, const Labels& labels) {
  return patched(bytes, relabel(bytes, labels));
}

template <typename T>
T value_at(std::string_view bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.substr(offset, sizeof value).data(), sizeof value);
  return value;
}

template <typename T>
void put(std::string& bytes, std::size_t offset, const T& value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

/// Returns the offset of the program header of the first segment of this type.
inline std::size_t segment_of(std::string_view bytes, Elf64_Word type) {
  const auto header = value_at<Elf64_Ehdr>(bytes, 0);
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    const std::size_t offset = header.e_phoff + i * sizeof(Elf64_Phdr);
    if (value_at<Elf64_Phdr>(bytes, offset).p_type == type) return offset;
  }
  ADD_FAILURE() << "no segment of type " << type;
  return 0;
}

/// Returns the offset of the first dynamic entry with this tag.
inline std::size_t entry_of(std::string_view bytes, Elf64_Sxword tag) {
  const auto dynamic = value_at<Elf64_Phdr>(bytes, segment_of(bytes, PT_DYNAMIC));
  for (std::size_t i = 0; i < dynamic.p_filesz; i += sizeof(Elf64_Dyn)) {
    const auto entry = value_at<Elf64_Dyn>(bytes, dynamic.p_offset + i);
    if (entry.d_tag == tag) return dynamic.p_offset + i;
  }
  ADD_FAILURE() << "no dynamic entry " << tag;
  return 0;
}

/// Returns the file after a change of its ELF header.
template <typename Change>
std::string with_header(std::string bytes, Change change) {
  auto header = value_at<Elf64_Ehdr>(bytes, 0);
  change(header);
  put(bytes, 0, header);
  return bytes;
}

/// Returns the file with one more segment, which has these bytes at this address.
inline std::string with_segment(std::string bytes, std::uint64_t address, const std::string& more) {
  const std::size_t header = segment_of(bytes, PT_GNU_STACK);
  bytes.resize((bytes.size() + 4095) / 4096 * 4096);
  auto segment = value_at<Elf64_Phdr>(bytes, header);
  segment.p_type = PT_LOAD;
  segment.p_offset = bytes.size();
  segment.p_vaddr = segment.p_paddr = address;
  segment.p_filesz = segment.p_memsz = more.size();
  put(bytes, header, segment);
  return bytes + more;
}

/// Returns the file as a tool leaves it that removes the section table.
inline std::string without_sections(std::string bytes) {
  return with_header(std::move(bytes), [](Elf64_Ehdr& header) {
    header.e_shoff = 0;
    header.e_shnum = header.e_shstrndx = 0;
  });
}

}  // namespace shoal::elf
