// deploy/monitoring.md documents all metrics and all keys, and no others.
#include "unit/documented.hpp"

#include <gmock/gmock.h>

#include <map>

#include "sample.hpp"
#include "status/json.hpp"
#include "status/openmetrics.hpp"

namespace shoal::status {
namespace {

using test::Texts;

/// Returns `name|type|labels` of each family.
Texts families_of(const std::string& text) {
  std::map<std::string, std::string> types;
  std::map<std::string, Texts> labels;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, word, family, type;
    if (line.starts_with("# TYPE ") && words >> hash >> word >> family >> type) {
      const std::string suffix = type == "counter" ? "_total" : type == "info" ? "_info" : "";
      types[family + suffix] = type;
    }
    if (line.starts_with("#")) continue;
    const auto brace = line.find('{');
    std::string name = line.substr(0, std::min(brace, line.find(' ')));
    for (const char* suffix : {"_bucket", "_count", "_sum"}) {
      if (name.ends_with(suffix)) name.resize(name.size() - std::string_view(suffix).size());
    }
    if (brace == std::string::npos) continue;
    // The values of the sample have neither commas nor braces.
    std::istringstream pairs(line.substr(brace + 1, line.find('}') - brace - 1));
    for (std::string pair; std::getline(pairs, pair, ',');) {
      labels[name].insert(pair.substr(0, pair.find('=')));
    }
  }
  Texts families;
  for (const auto& [name, type] : types) {
    std::string joined;
    for (const auto& label : labels[name]) joined += (joined.empty() ? "" : ", ") + label;
    families.insert(name + "|" + type + "|" + joined);
  }
  return families;
}

/// Returns the rows with their labels in alphabetical order.
Texts sorted(const Texts& rows) {
  Texts all;
  for (const auto& row : rows) {
    const auto at = row.rfind('|') + 1;
    std::istringstream text(row.substr(at));
    Texts labels;
    for (std::string label; std::getline(text >> std::ws, label, ',');) labels.insert(label);
    std::string joined;
    for (const auto& label : labels) joined += (joined.empty() ? "" : ", ") + label;
    all.insert(row.substr(0, at) + joined);
  }
  return all;
}

TEST(Monitoring, DocumentsAllMetricsWithTypeAndLabels) {
  EXPECT_EQ(sorted(test::documented(SHOAL_MONITORING, "Metrics", 3)),
            families_of(openmetrics(sample::troubled())));
}

TEST(Monitoring, DocumentsAllKeysOfTheStatus) {
  EXPECT_EQ(test::documented(SHOAL_MONITORING, "The state as JSON"),
            test::keys_of(nlohmann::json(sample::troubled())));
}

}  // namespace
}  // namespace shoal::status
