#include <unistd.h>

#include <nlohmann/json.hpp>

#include "unit/documented.hpp"
#include "visited.hpp"

namespace shoal::access {
namespace {

using nlohmann::json;

TEST_F(Visited, IsOneObjectWithFixedKeysInJson) {
  sent("HTTP_HOST", "fish.example");
  sent("HTTP_USER_AGENT", "curl/8");
  sent("CONTENT_LENGTH", "3");
  answered([](Response& response) { response.status(201).text("short"); });
  EXPECT_EQ(json::parse(line("json")), json({{"time", "2023-11-15T00:13:20.123+02:00"},
                                             {"id", "4f2a"},
                                             {"remote_addr", "192.0.2.7"},
                                             {"remote_user", nullptr},
                                             {"method", "GET"},
                                             {"host", "fish.example"},
                                             {"uri", "/tank/a%20b?fish=cod"},
                                             {"protocol", "HTTP/1.1"},
                                             {"request_bytes", 3},
                                             {"status", 201},
                                             {"bytes", 5},
                                             {"whole", true},
                                             {"seconds", 1.234567},
                                             {"module", "site.tank"},
                                             {"group", "site"},
                                             {"generation", 12},
                                             {"referer", nullptr},
                                             {"user_agent", "curl/8"},
                                             {"pid", ::getpid()}}));
}

TEST_F(Visited, HasTheKeysInJsonThatTheManualLists) {
  EXPECT_EQ(test::keys_of(json::parse(line("json"))),
            test::documented(SHOAL_MONITORING, "The access log as JSON"));
}

TEST_F(Visited, HasTheSameKeysInJsonIfNoModuleAnswered) {
  const auto keys_of = [](const std::string& text) {
    std::vector<std::string> keys;
    const auto read = nlohmann::ordered_json::parse(text);
    for (const auto& item : read.items()) keys.push_back(item.key());
    return keys;
  };
  const auto before = keys_of(line("json"));
  EXPECT_EQ(before.front(), "time");
  no_module_answered();
  exchange_.params.clear();
  EXPECT_EQ(keys_of(line("json")), before);
  for (const char* key : {"module", "group", "generation", "method"}) {
    EXPECT_TRUE(json::parse(line("json")).at(key).is_null()) << key;
  }
}

}  // namespace
}  // namespace shoal::access
