// conf/shoal.yaml, and the quotations in conf/README.md.

#include "accepted_keys.hpp"
#include "settings/document.hpp"

namespace shoal::settings {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Key;

const std::filesystem::path kConf = SHOAL_CONF;

TEST(ShippedConfiguration, IsValid) {
  const Settings settings = read(kConf / "shoal.yaml");
  ASSERT_EQ(settings.listen.size(), 1u);
  EXPECT_EQ(settings.listen[0].path, "/run/shoal/shoal.sock");
  EXPECT_EQ(settings.listen[0].mode, 0660u);
  EXPECT_EQ(settings.apps, "/usr/lib/shoal/apps");
  EXPECT_EQ(settings.routes.size(), 5u);
  EXPECT_EQ(settings.routes.back().target, "aquarium.screen");
  EXPECT_EQ(settings.modules.at("hello").get<std::string>("greeting"), "Hello");
  EXPECT_THAT(settings.modules, Contains(Key("aquarium.screen.index")));
}

TEST(ShippedConfiguration, HasTheDefaultsThatTheCodeHas) {
  const Settings shipped = read(kConf / "shoal.yaml");
  EXPECT_EQ(shipped.listen[0].backlog, Listen().backlog);
  EXPECT_EQ(shipped.workers.processes, Workers().processes);
  EXPECT_EQ(shipped.workers.threads, Workers().threads);
  EXPECT_EQ(shipped.workers.queue, Workers().queue);
  EXPECT_EQ(shipped.workers.grace, Workers().grace);
  EXPECT_EQ(shipped.groups.kind, Groups().kind);
  EXPECT_EQ(shipped.sweep.watch, Sweep().watch);
  EXPECT_EQ(shipped.sweep.interval, Sweep().interval);
  EXPECT_EQ(shipped.sweep.settle, Sweep().settle);
  EXPECT_EQ(shipped.sweep.wait, Sweep().wait);
  EXPECT_EQ(shipped.sweep.probe, Sweep().probe);
  EXPECT_EQ(shipped.limits.body, Limits().body);
  EXPECT_EQ(shipped.limits.body_timeout, Limits().body_timeout);
  EXPECT_EQ(shipped.limits.bodies, Limits().bodies);
  EXPECT_EQ(shipped.limits.read_timeout, Limits().read_timeout);
  EXPECT_EQ(shipped.limits.write_timeout, Limits().write_timeout);
  EXPECT_EQ(shipped.limits.idle_timeout, Limits().idle_timeout);
  EXPECT_EQ(shipped.limits.keep_alive_drain, Limits().keep_alive_drain);
  EXPECT_EQ(shipped.state.path, shipped.run / "state");
  EXPECT_EQ(shipped.state.size, State().size);
  EXPECT_EQ(shipped.state.durability, State().durability);
  EXPECT_EQ(shipped.expose, Settings().expose);
  EXPECT_EQ(shipped.log.level, Log().level);
  EXPECT_EQ(shipped.log.target, Log().target);
  EXPECT_EQ(shipped.quarantine.crashes, Quarantine().crashes);
  EXPECT_EQ(shipped.quarantine.within, Quarantine().within);
  EXPECT_EQ(shipped.history.keep, History().keep);
  EXPECT_EQ(shipped.history.size, History().size);
  EXPECT_EQ(shipped.control.group, Control().group);
}

class Manual : public AcceptedKeys {
 protected:
  /// Returns the texts between ``` and ``` in conf/README.md, in order.
  static Lines quotations() {
    std::ifstream stream(kConf / "README.md");
    Lines blocks;
    bool inside = false;
    for (std::string line; std::getline(stream, line);) {
      if (line.starts_with("```")) {
        inside = !inside;
        if (inside) blocks.emplace_back();
      } else if (inside) {
        blocks.back() += line + "\n";
      }
    }
    return blocks;
  }

  /// Returns the keys of a file with `yaml` as its whole text.
  Keys keys_in(const std::string& yaml) const {
    write(yaml);
    Errors errors(file().native());
    const auto root = load(file(), errors);
    errors.throw_if_any();
    Keys keys;
    add_keys_in(*root, "", keys);
    return innermost(keys);
  }

 private:
  static void add_keys_in(const Value& value, const std::string& key, Keys& keys,
                          bool is_route = false) {
    if (value.is_list()) {
      for (const auto& item : value.items()) add_keys_in(item, key, keys);
    } else if (value.is_mapping() && key != "modules") {
      for (const auto& entry : value.entries()) {
        if (key == "routes" && !is_route) {
          add_keys_in(entry, key, keys, /*is_route=*/true);
        } else {
          add_keys_in(entry, key.empty() ? entry.name() : key + "." + entry.name(), keys);
        }
      }
    } else {
      keys.insert(key);
    }
  }
};

TEST_F(Manual, QuotesAFileThatIsValid) {
  EXPECT_THAT(errors_of(quotations().at(0)), ElementsAre());
}

TEST_F(Manual, QuotesAFileWithEveryKeyThatIsAccepted) {
  EXPECT_THAT(keys_in(quotations().at(0)), testing::UnorderedElementsAreArray(accepted()));
}

TEST_F(Manual, QuotesTheErrorsThatAreReported) {
  std::string reported;
  for (const auto& error : errors_of(quotations().at(1))) reported += error + "\n";
  EXPECT_EQ(reported, quotations().at(2));
}

}  // namespace
}  // namespace shoal::settings
