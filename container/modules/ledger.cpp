#include "modules/ledger.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <set>
#include <stdexcept>
#include <string_view>

#include "modules/ledger_file.hpp"
#include "releases/linking/load_error.hpp"

namespace shoal::modules {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPage = ".json";

/// So that no name leads out of the folder.
bool is_name_of_group(const std::string& group) {
  return !group.empty() && group.front() != '.' &&
         group.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
}

}  // namespace

Ledger::Ledger(const fs::path& run) : run_(run), folder_(run / kLedger), kept_(run) {
  try {
    open_ledger(run_);
  } catch (const Unavailable& error) {
    throw std::runtime_error(std::string("run: ") + error.what());
  }
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
                ? "no earlier good files are kept, so the group is not served"
                : "the files of " + group + "/" + std::to_string(good->number) + " serve instead") +
           " until new files are dropped";
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
  if (!fs::exists(fs::symlink_status(path_of(group)))) return {};
  try {
    const auto text = contents_of(open_ledger(run_), group + kPage);
    if (text) return Page::of(*text);
  } catch (const Unavailable&) {
    throw;
  } catch (const std::exception&) {
    // The process that changes it next sets it aside, and says so.
  }
  return {};
}

void Ledger::change(const std::string& group, const std::function<Change(Page&)>& how) {
  const auto folder = open_ledger(run_);
  const auto lock = lock_ledger(folder);
  const fs::path path = path_of(group);
  Page page;
  try {
    const auto text = contents_of(folder, group + kPage);
    if (text) page = Page::of(*text);
  } catch (const Unavailable&) {
    throw;
  } catch (const std::exception& error) {
    set_aside(path, error.what());
  }
  const Change change = how(page);
  if (change != Change::kNone) {
    write_page(folder, group + kPage, page.text(), change == Change::kWriteForGood);
  }
}

void Ledger::try_to_change(const std::string& group, const std::function<Change(Page&)>& how) try {
  change(group, how);
} catch (const std::exception& error) {
  spdlog::warn("{}: cannot change its page of the ledger: {}", group, error.what());
}

Page::IsKept Ledger::is_kept(const std::string& group) const {
  return [this, group](const std::string& files) { return kept_.has(group, files); };
}

}  // namespace shoal::modules
