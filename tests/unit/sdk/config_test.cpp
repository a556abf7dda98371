#include "shoal/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <thread>

#include "shoal/host/config_node.hpp"

namespace shoal::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Texts = std::vector<std::string>;
using Node = std::shared_ptr<Config::Node>;

/// The settings of `modules.hello`, built one line at a time as settings/ builds them from YAML.
class ConfigTest : public ::testing::Test {
 protected:
  static Node make(Config::Node::Kind kind, const std::string& where) {
    auto node = std::make_shared<Config::Node>();
    node->kind = kind;
    node->where = where;
    return node;
  }

  std::string next_line(const std::string& dotted) {
    return "conf/shoal.yaml:" + std::to_string(line_++) + ": modules.hello." + dotted;
  }

  Node scalar(const std::string& dotted, std::string text) {
    Node node = make(Config::Node::Kind::kScalar, next_line(dotted));
    node->scalar = std::move(text);
    return node;
  }

  Node section(const std::string& key) {
    Node node = make(Config::Node::Kind::kMap, next_line(key));
    root_->map.emplace_back(key, node);
    return node;
  }

  Node list(const std::string& key, const Texts& texts) {
    Node node = make(Config::Node::Kind::kList, next_line(key));
    for (const auto& text : texts) node->list.push_back(scalar(key, text));
    root_->map.emplace_back(key, node);
    return node;
  }

  void set(const std::string& key, std::string text) {
    root_->map.emplace_back(key, scalar(key, std::move(text)));
  }

  Config config() const { return Config(root_); }

  /// Returns `text` read as a T.
  template <typename T>
  T read(const std::string& text) {
    root_->map.clear();
    set("value", text);
    return config().get<T>("value");
  }

  static std::string error_of(const std::function<void()>& ask) {
    try {
      ask();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  }

  template <typename T>
  std::string error_for(const std::string& text) {
    return error_of([&] { read<T>(text); });
  }

  Node root_ = make(Config::Node::Kind::kMap, "conf/shoal.yaml:30: modules.hello");
  int line_ = 31;
};

TEST_F(ConfigTest, ReturnsTextUnchanged) {
  set("greeting", "Hello ");
  set("empty", "");
  EXPECT_TRUE(config().has("greeting"));
  EXPECT_EQ(config().get<std::string>("greeting"), "Hello ");
  EXPECT_EQ(config().get("greeting", "Bye"), "Hello ");
  EXPECT_EQ(config().get<std::string>("empty", "x"), "");
}

TEST_F(ConfigTest, ReturnsTheFallbackOnlyForMissingKeys) {
  set("repeat", "often");
  EXPECT_FALSE(config().has("greeting"));
  EXPECT_EQ(config().get("greeting", "Hello"), "Hello");
  EXPECT_EQ(config().get("times", 3), 3);
  EXPECT_EQ(config().get<milliseconds>("pause", 5s), 5000ms);
  EXPECT_EQ(config().get("names", Texts{"Ada"}), Texts{"Ada"});
  EXPECT_EQ(error_of([&] { config().get("repeat", 3); }),
            "conf/shoal.yaml:31: modules.hello.repeat: \"often\" is not a whole number");
}

TEST_F(ConfigTest, NamesTheMappingAndTheMissingKey) {
  EXPECT_EQ(error_of([&] { config().get<int>("repeat"); }),
            "conf/shoal.yaml:30: modules.hello: \"repeat\" is missing; add it");
}

TEST_F(ConfigTest, HasNoKeysWhenItIsEmpty) {
  const Config empty;
  EXPECT_FALSE(empty.has("a"));
  EXPECT_EQ(empty.get("a", 7), 7);
  EXPECT_FALSE(empty.section("a").has("b"));
  EXPECT_THAT(empty.list("a"), IsEmpty());
  EXPECT_THAT(empty.keys(), IsEmpty());
  EXPECT_THAT(empty.unused(), IsEmpty());
  EXPECT_THAT(empty.warnings(), IsEmpty());
  EXPECT_THROW(empty.scalar(), ConfigError);
  EXPECT_THAT(error_of([&] { empty.get<int>("a"); }), StartsWith("\"a\" is missing"));
}

TEST_F(ConfigTest, ReadsTheBooleansOfYaml) {
  for (const char* text : {"true", "True", "TRUE"}) EXPECT_TRUE(read<bool>(text));
  for (const char* text : {"false", "False", "FALSE"}) EXPECT_FALSE(read<bool>(text));
  for (const char* text : {"yes", "no", "on", "1", "", "tRUE", "true ", "y"}) {
    EXPECT_THAT(error_for<bool>(text),
                EndsWith('"' + std::string(text) + "\" is not true or false"));
  }
}

TEST_F(ConfigTest, ReadsWholeNumbers) {
  EXPECT_EQ(read<int>("42"), 42);
  EXPECT_EQ(read<int>("-42"), -42);
  EXPECT_EQ(read<int>("+42"), 42);
  EXPECT_EQ(read<int>("007"), 7);
  EXPECT_EQ(read<int>("0x1F"), 31);
  EXPECT_EQ(read<int>("0o17"), 15);
  EXPECT_EQ(read<unsigned>("-0"), 0u);
}

TEST_F(ConfigTest, RefusesWhatIsNotAWholeNumber) {
  for (const char* text : {"", "-", "+", "often", "1.5", "1e3", " 1", "1 ", "--1", "+-1", "0x",
                           "-0x1", "0xg", "0o8", "1_000", "12abc"}) {
    EXPECT_THAT(error_for<int>(text),
                EndsWith('"' + std::string(text) + "\" is not a whole number"));
    EXPECT_THAT(error_for<unsigned long>(text), EndsWith("is not a whole number"));
  }
}

TEST_F(ConfigTest, ReadsWholeNumbersUpToTheirLimits) {
  EXPECT_EQ(read<int>("2147483647"), std::numeric_limits<int>::max());
  EXPECT_EQ(read<int>("-2147483648"), std::numeric_limits<int>::min());
  EXPECT_EQ(read<long>("-9223372036854775808"), std::numeric_limits<long>::min());
  EXPECT_EQ(read<long>("9223372036854775807"), std::numeric_limits<long>::max());
  EXPECT_EQ(read<unsigned>("4294967295"), std::numeric_limits<unsigned>::max());
  EXPECT_EQ(read<unsigned long>("18446744073709551615"), std::numeric_limits<unsigned long>::max());
}

TEST_F(ConfigTest, RefusesWholeNumbersBeyondTheirLimits) {
  EXPECT_THAT(error_for<int>("2147483648"),
              EndsWith("\"2147483648\" is out of range (-2147483648 to 2147483647)"));
  EXPECT_THAT(error_for<int>("-2147483649"), HasSubstr("out of range"));
  EXPECT_THAT(error_for<long>("9223372036854775808"), HasSubstr("out of range"));
  EXPECT_THAT(error_for<long>("-9223372036854775809"), HasSubstr("out of range"));
  EXPECT_THAT(error_for<unsigned>("-1"), EndsWith("\"-1\" is out of range (0 to 4294967295)"));
  EXPECT_THAT(error_for<unsigned long>("18446744073709551616"), HasSubstr("out of range"));
  EXPECT_THAT(error_for<unsigned long>(std::string(1000, '9')), HasSubstr("out of range"));
}

TEST_F(ConfigTest, ReadsNumbers) {
  EXPECT_EQ(read<double>("1.5"), 1.5);
  EXPECT_EQ(read<double>("-2"), -2);
  EXPECT_EQ(read<double>("+.5"), .5);
  EXPECT_EQ(read<double>("5."), 5);
  EXPECT_EQ(read<double>("1e3"), 1000);
}

TEST_F(ConfigTest, RefusesWhatIsNotAFiniteNumber) {
  for (const char* text : {"", "half", "1,5", "inf", ".inf", "nan", "-inf", "0x1p3", "+-1", "++1",
                           "1.5.2", "1 ", "e3", "-"}) {
    EXPECT_THAT(error_for<double>(text), EndsWith("\" is not a number")) << text;
  }
  EXPECT_THAT(error_for<double>("1e999"), EndsWith("\"1e999\" is out of range"));
}

TEST_F(ConfigTest, ReadsDurationsWithTheirUnits) {
  EXPECT_EQ(read<milliseconds>("250ms"), 250ms);
  EXPECT_EQ(read<milliseconds>("5s"), 5s);
  EXPECT_EQ(read<milliseconds>("2m"), 2min);
  EXPECT_EQ(read<milliseconds>("1h"), 1h);
  EXPECT_EQ(read<milliseconds>("0s"), 0s);
}

TEST_F(ConfigTest, RefusesDurationsWithoutAKnownUnit) {
  EXPECT_THAT(error_for<milliseconds>("5"), EndsWith("\"5\" has no unit; write 5ms, 5s, 5m or 5h"));
  EXPECT_THAT(error_for<milliseconds>("5 s"), HasSubstr("its unit must be ms, s, m or h"));
  EXPECT_THAT(error_for<milliseconds>("5sec"), HasSubstr("its unit must be ms, s, m or h"));
  EXPECT_THAT(error_for<milliseconds>("1.5s"), HasSubstr("its unit must be ms, s, m or h"));
  for (const char* text : {"", "s", "-5s", "soon"}) {
    EXPECT_THAT(error_for<milliseconds>(text), HasSubstr("is not a duration; write it as")) << text;
  }
}

TEST_F(ConfigTest, RefusesDurationsThatAreTooLong) {
  EXPECT_EQ(read<milliseconds>("9223372036854775807ms").count(), 9223372036854775807);
  EXPECT_THAT(error_for<milliseconds>("9223372036854775807s"), HasSubstr("out of range"));
  EXPECT_THAT(error_for<milliseconds>("99999999999999999999ms"), HasSubstr("out of range"));
}

TEST_F(ConfigTest, ReadsListsOfText) {
  list("names", {"Ada", "", "3"});
  EXPECT_THAT(config().get<Texts>("names"), ElementsAre("Ada", "", "3"));
  EXPECT_THAT(config().list("missing"), IsEmpty());
  const auto elements = config().list("names");
  ASSERT_EQ(elements.size(), 3u);
  EXPECT_EQ(elements[2].scalar(), "3");
}

TEST_F(ConfigTest, NamesTheKindThatItFound) {
  set("one", "1");
  list("many", {"1", "2"});
  section("deep");
  const std::string at = "conf/shoal.yaml:31: modules.hello.one: ";
  EXPECT_EQ(error_of([&] { config().section("one"); }), at + "is a single value; write a mapping");
  EXPECT_EQ(error_of([&] { config().list("one"); }), at + "is a single value; write a list");
  EXPECT_EQ(error_of([&] { config().get<Texts>("one"); }), at + "is a single value; write a list");
  EXPECT_THAT(error_of([&] { config().get<std::string>("many"); }),
              EndsWith("modules.hello.many: is a list; write text"));
  EXPECT_THAT(error_of([&] { config().get<int>("deep"); }),
              EndsWith("modules.hello.deep: is a mapping; write a single value"));
  EXPECT_THAT(error_of([&] { config().section("deep").scalar(); }),
              EndsWith("modules.hello.deep: is a mapping; write a single value"));
  EXPECT_THAT(error_of([&] { config().list("many")[0].get<int>("a"); }),
              EndsWith("is a single value; write a mapping"));
}

TEST_F(ConfigTest, RefusesAListWithAnElementThatIsNotText) {
  list("names", {"Ada"})->list.push_back(make(Config::Node::Kind::kMap, "conf/shoal.yaml:40: x"));
  EXPECT_EQ(error_of([&] { config().get<Texts>("names"); }),
            "conf/shoal.yaml:40: x: is a mapping; write text");
}

TEST_F(ConfigTest, ReadsTheKeysOfASection) {
  section("mail")->map.emplace_back("port", scalar("mail.port", "smtp"));
  EXPECT_EQ(error_of([&] { config().section("mail").get<int>("port"); }),
            "conf/shoal.yaml:32: modules.hello.mail.port: \"smtp\" is not a whole number");
  EXPECT_EQ(error_of([&] { config().section("mail").get<std::string>("host"); }),
            "conf/shoal.yaml:31: modules.hello.mail: \"host\" is missing; add it");
  EXPECT_EQ(config().section("nowhere").get("host", "localhost"), "localhost");
}

TEST_F(ConfigTest, ReturnsItsKeysInTheOrderOfTheFile) {
  set("z", "1");
  set("a", "2");
  section("m");
  EXPECT_THAT(config().keys(), ElementsAre("z", "a", "m"));
}

TEST_F(ConfigTest, ListsTheKeysThatWereNotRead) {
  set("greeting", "Hello");
  set("titel", "Welcome");
  set("known", "1");
  const Node mail = section("mail");
  mail->map.emplace_back("host", scalar("mail.host", "h"));
  mail->map.emplace_back("prot", scalar("mail.prot", "25"));
  section("whole")->map.emplace_back("part", scalar("whole.part", "1"));
  const Node menu = list("menu", {});
  menu->list.push_back(make(Config::Node::Kind::kMap, "conf/shoal.yaml:50: menu"));
  Node entry = make(Config::Node::Kind::kMap, "conf/shoal.yaml:51: menu");
  entry->map.emplace_back("lable", scalar("menu[1].lable", "Home"));
  menu->list.push_back(entry);

  const Config copy = config();
  copy.get("greeting", "");
  copy.has("known");
  copy.section("mail").get("host", "");
  copy.list("menu");
  EXPECT_THAT(config().unused(), ElementsAre("titel", "mail.prot", "whole", "menu[1].lable"));
}

TEST_F(ConfigTest, ListsNothingWhenAllKeysWereRead) {
  set("a", "1");
  list("names", {"Ada"});
  EXPECT_THAT(config().unused(), ElementsAre("a", "names"));
  config().get<int>("a");
  config().get<Texts>("names");
  EXPECT_THAT(config().unused(), IsEmpty());
}

TEST_F(ConfigTest, WarnsWithTheMostSimilarKeyThatWasRead) {
  set("titel", "Welcome");
  section("mail")->map.emplace_back("prot", scalar("mail.prot", "25"));
  set("unlike-anything", "1");
  config().get("title", "");
  config().get("greeting", "");
  config().section("mail").get("port", 25);
  EXPECT_THAT(
      config().warnings(),
      ElementsAre(
          "conf/shoal.yaml:31: modules.hello.titel: unknown setting: the module never reads "
          "it; did you mean \"title\"?",
          "conf/shoal.yaml:33: modules.hello.mail.prot: unknown setting: the module never "
          "reads it; did you mean \"port\"?",
          "conf/shoal.yaml:34: modules.hello.unlike-anything: unknown setting: the module "
          "never reads it"));
}

TEST_F(ConfigTest, RemembersABoundedNumberOfAbsentKeys) {
  for (int i = 0; i < 10'000; ++i) config().has("visitor" + std::to_string(i));
  EXPECT_LE(root_->absent.size(), 64u);
}

TEST_F(ConfigTest, CanBeReadByManyThreads) {
  set("repeat", "3");
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([copy = config(), i] {
      for (int j = 0; j < 200; ++j) {
        EXPECT_EQ(copy.get<int>("repeat"), 3);
        EXPECT_FALSE(copy.has("missing" + std::to_string(i)));
        EXPECT_THAT(copy.warnings(), IsEmpty());
      }
    });
  }
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(root_->absent.size(), 4u);
}

}  // namespace
}  // namespace shoal::test
