#include "browser.hpp"

#include <stdexcept>

#include "built.hpp"
#include "process.hpp"
#include "temporary_folder.hpp"

namespace shoal::system {

std::string open_in_browser(const std::string& url, std::chrono::milliseconds duration) {
  const TemporaryFolder folder;
  const std::string home = folder.path().native();
  // Chromium's warnings about the missing desktop go to a file, away from the document.
  const std::string line =
      std::string("timeout -k 5 170 ") + built::kChromium +
      " --headless --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage"
      " --no-first-run --disable-background-networking --disable-component-update --disable-sync"
      " --user-data-dir=" +
      home + "/profile" + " --virtual-time-budget=" + std::to_string(duration.count()) +
      " --dump-dom '" + url + "' 2>" + home + "/warnings";
  const auto [exit_code, document] = run(line, {"HOME=" + home});
  if (exit_code != 0 || document.find("</html>") == std::string::npos) {
    throw std::runtime_error("chromium ended with exit code " + std::to_string(exit_code) + ": " +
                             document + contents(home + "/warnings"));
  }
  return document;
}

}  // namespace shoal::system
