// How a page of the ledger is written down.
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "modules/ledger_page.hpp"

namespace shoal::modules {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;

}  // namespace

std::string Page::text() const {
  json made = json::array(), good = json::array(), withdrawn = json::array();
  for (const auto& it : made_) {
    made.push_back({{"number", it.number},
                    {"files", it.files},
                    {"epoch", it.epoch},
                    {"loading", it.loading},
                    {"published", it.published}});
  }
  for (const auto& it : good_) {
    good.push_back({{"number", it.number}, {"files", it.files}, {"earlier", it.earlier}});
  }
  for (const auto& [files, quarantine] : withdrawn_) {
    withdrawn.push_back({{"files", files},
                         {"number", quarantine.generation},
                         {"earlier", quarantine.earlier},
                         {"crashes", quarantine.crashes},
                         {"since", std::chrono::system_clock::to_time_t(quarantine.since)}});
  }
  const json all{{"shoal_ledger", kFormat},     {"epoch", epoch_}, {"last", last_},
                 {"generations", generations_}, {"made", made},    {"good", good},
                 {"withdrawn", withdrawn}};
  return all.dump(1) + "\n";
}

Page Page::of(const std::string& text) {
  const json all = json::parse(text);
  if (all.at("shoal_ledger") != kFormat) throw std::runtime_error("another version wrote it");
  Page page;
  page.epoch_ = all.at("epoch");
  page.last_ = all.at("last");
  page.generations_ = all.value("generations", 0UL);  // an older container did not count them
  for (const auto& it : all.at("made")) {
    page.made_.push_back({it.at("number"), it.at("files"), it.at("epoch"),
                          it.at("loading").get<std::vector<pid_t>>(), it.at("published")});
  }
  for (const auto& it : all.at("good")) {
    page.good_.push_back({it.at("number"), it.at("files"), it.at("earlier")});
  }
  for (const auto& it : all.at("withdrawn")) {
    page.withdrawn_.push_back({it.at("files"),
                               {it.at("number"), it.at("earlier"), it.at("crashes"),
                                std::chrono::system_clock::from_time_t(it.at("since"))}});
  }
  return page;
}

}  // namespace shoal::modules
