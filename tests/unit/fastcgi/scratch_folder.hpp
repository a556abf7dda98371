#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace shoal::test {

/// An empty folder with a short path, as sockets need it; removed at the end.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = "/tmp/shoal-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace shoal::test
