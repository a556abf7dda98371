#include "modules/file_bytes.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/descriptor.hpp"
#include "elf/error.hpp"
#include "modules/bounds.hpp"
#include "modules/copying.hpp"

namespace shoal::modules {
namespace {

[[noreturn]] void fail() {
  throw elf::Error(std::string("cannot be read (") + std::strerror(errno) +
                   "); allow this user to read it");
}

}  // namespace

// The file itself is not mapped: one that is cut short while it is looked at would end the process.
FileBytes::FileBytes(const std::filesystem::path& path) {
  const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) fail();
  if (!S_ISREG(status.st_mode)) throw elf::Error("is no regular file; name a shared object");
  if (const auto fault = fault_of_size(status.st_size); !fault.empty()) throw elf::Error(fault);
  if (status.st_size == 0) return;
  const auto size = static_cast<std::size_t>(status.st_size);
  // Zeros that take no room until they are written to.
  void* const room = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) fail();
  begin_ = static_cast<char*>(room);
  size_ = size;
  try {
    read(file.get());
  } catch (...) {
    ::munmap(begin_, size_);
    throw;
  }
}

FileBytes::~FileBytes() {
  if (size_ != 0) ::munmap(begin_, size_);
}

void FileBytes::read(int file) {
  const auto end = static_cast<off_t>(size_);
  for (Extent data = next_data(file, 0, end); data.begin < end;
       data = next_data(file, data.end, end)) {
    while (data.begin < data.end) {
      const ssize_t size = ::pread(file, begin_ + data.begin,
                                   static_cast<std::size_t>(data.end - data.begin), data.begin);
      if (size < 0) fail();
      if (size == 0) return;
      data.begin += size;
    }
  }
}

}  // namespace shoal::modules
