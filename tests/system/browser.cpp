#include "browser.hpp"

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>

#include "built.hpp"
#include "process.hpp"

namespace shoal::system {
namespace {

namespace fs = std::filesystem;

struct Folder {
  Folder() {
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("no folder for a browser");
  }
  ~Folder() {
    std::error_code none;
    fs::remove_all(path, none);
  }

  std::string path = (fs::temp_directory_path() / "shoal.browser.XXXXXX").native();
};

}  // namespace

std::string look_at(const std::string& url, std::chrono::milliseconds watched) {
  const Folder home;
  // Its complaints about the missing desktop go to a file, away from the document.
  const std::string line =
      std::string("timeout -k 5 170 ") + built::kChromium +
      " --headless --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage"
      " --no-first-run --disable-background-networking --disable-component-update --disable-sync"
      " --user-data-dir=" +
      home.path + "/profile" + " --virtual-time-budget=" + std::to_string(watched.count()) +
      " --dump-dom '" + url + "' 2>" + home.path + "/complaints";
  const auto [exit_code, document] = run(line, {"HOME=" + home.path});
  if (exit_code != 0 || document.find("</html>") == std::string::npos) {
    throw std::runtime_error("chromium ended with " + std::to_string(exit_code) + ": " + document +
                             contents(home.path + "/complaints"));
  }
  return document;
}

}  // namespace shoal::system
