#include "modules/ledger.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <stdexcept>
#include <string_view>

#include "modules/load_error.hpp"
#include "shoal/host/descriptor.hpp"
#include "shoal/host/printable.hpp"

namespace shoal::modules {
namespace {

namespace fs = std::filesystem;
using host::Descriptor;

constexpr const char* kPage = ".json";

[[noreturn]] void fail(const fs::path& path, const char* what) {
  throw Unavailable(path.native() + ": " + what + " (" + std::strerror(errno) +
                    "); see that there are descriptors and room, and that the container's user may "
                    "write there; it is tried again");
}

/// The kernel lets go of it when its holder dies, however it dies.
Descriptor locked(const fs::path& folder) {
  const fs::path path = folder / "lock";
  Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) fail(path, "cannot be opened");
  while (::flock(lock.get(), LOCK_EX) != 0) {
    if (errno != EINTR) fail(path, "cannot be locked");
  }
  return lock;
}

/// None when there is no such file.
std::optional<std::string> contents_of(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) fail(path, "cannot be read");
  std::string text;
  std::array<char, 4096> part;
  for (;;) {
    const ssize_t size = ::read(file.get(), part.data(), part.size());
    if (size < 0) fail(path, "cannot be read");
    if (size == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(size));
  }
}

/// REQUIRES: the ledger is locked. `for_good`: a machine that loses power has one of the two whole.
void write(const fs::path& path, const std::string& text, bool for_good) {
  const fs::path beside = path.native() + ".new";
  {
    const Descriptor file(
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file || ::write(file.get(), text.data(), text.size()) != std::ssize(text) ||
        (for_good && ::fsync(file.get()) != 0)) {
      fail(beside, "cannot be written");
    }
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) fail(path, "cannot be replaced");
  if (!for_good) return;
  const Descriptor folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) ::fsync(folder.get());
}

void set_aside(const fs::path& path, const std::string& why) {
  const fs::path aside = path.native() + ".broken";
  std::error_code none;
  fs::remove_all(aside, none);
  fs::rename(path, aside, none);
  spdlog::warn(
      "{}: is no page of the ledger ({}); it is set aside as {}, and with it what was in "
      "quarantine",
      path.native(), host::printable(why), aside.filename().native());
}

/// So that no name leads out of the folder.
bool is_name_of_group(const std::string& group) {
  return !group.empty() && group.front() != '.' &&
         group.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
}

}  // namespace

Ledger::Ledger(const fs::path& run) : folder_(run / "ledger"), kept_(run) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (!error) return;
  throw std::runtime_error("run: " + folder_.native() + ": cannot be written (" + error.message() +
                           "); create it for the container's user, or name another under \"run\"");
}

void Ledger::begin() {
  std::set<std::string> groups;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (entry.path().extension() == kPage) groups.insert(entry.path().stem().native());
  }
  std::set<std::string> remembered;
  for (const auto& group : groups) {
    bool empty = false;
    change(group, [&empty](Page& page) {
      page.begin();
      empty = page.empty();
      return Change::kWriteForGood;
    });
    if (empty) {
      fs::remove(path_of(group));
      continue;
    }
    tidy(group);
    remembered.insert(group);
  }
  kept_.retain_groups(remembered);
}

Terms Ledger::claim(const std::string& group, const Wish& wish) {
  Terms terms;
  change(group, [&](Page& page) {
    terms = page.claim(wish, is_kept(group), ::getpid());
    return Change::kWrite;
  });
  return terms;
}

Terms Ledger::look_up(const std::string& group, const Wish& wish) const {
  return read(group).look_up(wish, is_kept(group));
}

void Ledger::give_back(const std::string& group, const Terms& terms) {
  if (terms.number == 0) return;
  try_to_change(group, [&](Page& page) {
    page.give_back(terms, ::getpid());
    return Change::kWrite;
  });
}

Ledger::Published Ledger::publish(const std::string& group, const Terms& terms) {
  Published published;
  try_to_change(group, [&](Page& page) {
    page.publish(terms, kept_.has(group, terms.files), ::getpid());
    published = {page.epoch() != terms.epoch, page.generations()};
    return Change::kWrite;
  });
  return published;
}

void Ledger::tidy(const std::string& group) {
  try_to_change(group, [&](Page& page) {
    std::set<std::string> good;
    for (const auto& it : page.good()) good.insert(it.files);
    kept_.retain(group, good);
    return Change::kNone;
  });
}

void Ledger::end(const std::string& group) {
  try_to_change(group, [](Page& page) {
    page.end();
    return Change::kWriteForGood;
  });
  tidy(group);
}

bool Ledger::renew(const std::string& group) {
  if (!is_name_of_group(group) || !fs::exists(path_of(group))) return false;
  change(group, [](Page& page) {
    page.renew();
    return Change::kWrite;
  });
  return true;
}

std::optional<std::string> Ledger::quarantine(const std::string& group, unsigned long number,
                                              unsigned crashes) {
  if (!is_name_of_group(group) || !fs::exists(path_of(group))) return std::nullopt;
  std::optional<std::string> text;
  change(group, [&](Page& page) {
    if (!page.withdraw(number, crashes, std::chrono::system_clock::now())) return Change::kNone;
    const auto* good = page.last_good({}, is_kept(group));
    text = group + "/" + std::to_string(number) + ": in quarantine after " +
           std::to_string(crashes) + " crashes; " +
           (good == nullptr
                ? "nothing good is known of the group, so it is not served"
                : "the files of " + group + "/" + std::to_string(good->number) + " serve instead") +
           " until new ones are dropped";
    return Change::kWriteForGood;
  });
  if (text) tidy(group);
  return text;
}

std::multimap<std::string, Quarantine> Ledger::quarantines() const {
  std::multimap<std::string, Quarantine> all;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none)) {
    if (entry.path().extension() != kPage) continue;
    const std::string group = entry.path().stem().native();
    const Page page = read(group);
    for (const auto& it : page.withdrawn()) all.emplace(group, it.quarantine);
  }
  return all;
}

fs::path Ledger::path_of(const std::string& group) const { return folder_ / (group + kPage); }

Page Ledger::read(const std::string& group) const {
  const auto text = contents_of(path_of(group));
  try {
    if (text) return Page::of(*text);
  } catch (const std::exception&) {
    // Whoever changes it next sets it aside, and says so.
  }
  return {};
}

void Ledger::change(const std::string& group, const std::function<Change(Page&)>& how) {
  const Descriptor lock = locked(folder_);
  const fs::path path = path_of(group);
  const auto text = contents_of(path);
  Page page;
  try {
    if (text) page = Page::of(*text);
  } catch (const std::exception& error) {
    set_aside(path, error.what());
  }
  const Change change = how(page);
  if (change != Change::kNone) write(path, page.text(), change == Change::kWriteForGood);
}

void Ledger::try_to_change(const std::string& group, const std::function<Change(Page&)>& how) try {
  change(group, how);
} catch (const std::exception& error) {
  spdlog::warn("{}: the ledger: {}", group, error.what());
}

Page::IsKept Ledger::is_kept(const std::string& group) const {
  return [this, group](const std::string& files) { return kept_.has(group, files); };
}

}  // namespace shoal::modules
