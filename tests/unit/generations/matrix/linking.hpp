#pragma once

#include <elf.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <string>
#include <vector>

#include "generations/holders.hpp"
#include "releases/linking/load_error.hpp"
#include "unit/generations/building.hpp"
#include "unit/releases/apps/apps_folder.hpp"
#include "unit/releases/built.hpp"

namespace shoal::generations {

/// What an author links with.
struct Tools {
  std::string linker;        ///< bfd, gold, lld or mold
  std::string compiler;      ///< g++ or clang++
  std::string optimisation;  ///< O0 or O2

  /// The object of `base` or `child` in this version.
  std::string object(const std::string& source, int version) const {
    return std::string(SHOAL_LINKED_OBJECTS) + "/" + compiler + "-" + optimisation + "/" + source +
           "-" + std::to_string(version) + ".o";
  }

  /// A line of shell up to where objects and flags of one's own begin.
  std::string link() const { return compiler + " -shared -fuse-ld=" + linker + " "; }
};

/// How the two modules are linked, besides: flags as a shell has them.
struct Flags {
  std::string base;
  std::string child;
  std::string needed = "-Lreef -l:base.so";  ///< how the child's command line has the base
};

/// An author at work, who links reef.base and reef.child in versions 1 and 2 by hand; and a
/// container that loads both versions at once.
class Linking : public AppsFolder {
 protected:
  Linking() {
    write("base.map", "REEF { global: *; };\n");
    write("child.map", "{ global: shoal_make_module; local: *; };\n");
  }

  /// The command lines that leave `apps/WAY/VERSION/reef/{base,child}.so`. The linker meets the
  /// base as `reef/base.so`.
  std::string lines_for(const std::string& way, const Tools& base, const Tools& child,
                        const Flags& flags) const {
    std::string lines;
    for (const int version : {1, 2}) {
      const std::string folder = this->folder_of(way, version).native();
      lines += "mkdir -p " + folder + "/reef && cd " + folder + " && ";
      lines +=
          base.link() + base.object("base", version) + " -o reef/base.so " + flags.base + " && ";
      lines += child.link() + child.object("child", version) + " -o reef/child.so " + flags.needed +
               " -L" SHOAL_LIBRARIES " -lshoal " + flags.child + " && ";
    }
    return lines + "cd " + folder().native();
  }

  std::filesystem::path folder_of(const std::string& way, int version) const {
    return apps() / way / std::to_string(version);
  }
  std::filesystem::path base(const std::string& way, int version) const {
    return folder_of(way, version) / "reef/base.so";
  }
  std::filesystem::path child(const std::string& way, int version) const {
    return folder_of(way, version) / "reef/child.so";
  }

  static elf::Facts facts_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return elf::read(std::string(std::istreambuf_iterator<char>(stream), {}));
  }

  std::shared_ptr<Generation> load(const std::string& way, int version) {
    const Files files{{"reef.base", file_at(base(way, version))},
                      {"reef.child", file_at(child(way, version))}};
    return build(order_of("reef", ++number_, files), stages_);
  }

  /// What the child answers to its `call`th request when nothing is mixed up. `shared`: it has the
  /// inline statics of the base, none of its own.
  static std::string right_answer(int version, int call, bool shared) {
    const std::string twice = std::to_string(version) + " " + std::to_string(version);
    return "child and base " + twice + "; virtual calls " + twice + "; thrown in the base " +
           twice + "; thrown in the child " + twice + "; casts " + twice + "; types 1 1; calls " +
           std::to_string(call) + " " + std::to_string(shared ? call : 0) + "; shared " +
           std::to_string(shared ? 2 : 0);
  }

  /// Loads both versions side by side, has them answer in turn, and lets them go.
  void expect_two_generations(const std::string& way, bool shared) {
    try {
      const auto first = load(way, 1), second = load(way, 2);
      for (const int call : {1, 2}) {
        EXPECT_EQ(answer_of(*first->handlers().at("reef.child")), right_answer(1, call, shared));
        EXPECT_EQ(answer_of(*second->handlers().at("reef.child")), right_answer(2, call, shared));
      }
    } catch (const LoadError& error) {
      ADD_FAILURE() << error.what();
    }
    EXPECT_FALSE(still_mapped(run()));
  }

  /// Why version 1 is refused; `loaded` when it is not.
  std::string refusal_of(const std::string& way) {
    try {
      load(way, 1);
    } catch (const LoadError& error) {
      return error.what();
    }
    return "loaded";
  }

  /// As sstrip does it: no section table, and the file ends where its last segment does.
  static void remove_section_headers(const std::filesystem::path& file) {
    std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
    Elf64_Ehdr header{};
    stream.read(reinterpret_cast<char*>(&header), sizeof header);
    std::uint64_t end = 0;
    stream.seekg(static_cast<std::streamoff>(header.e_phoff));
    for (int i = 0; i < header.e_phnum; ++i) {
      Elf64_Phdr segment{};
      stream.read(reinterpret_cast<char*>(&segment), sizeof segment);
      end = std::max(end, segment.p_offset + segment.p_filesz);
    }
    header.e_shoff = 0;
    header.e_shnum = header.e_shstrndx = 0;
    stream.seekp(0).write(reinterpret_cast<const char*>(&header), sizeof header);
    ASSERT_TRUE(stream.good()) << file;
    stream.close();
    std::filesystem::resize_file(file, end);
  }

 private:
  unsigned long number_ = 0;
  Stages stages_{run()};
};

}  // namespace shoal::generations
