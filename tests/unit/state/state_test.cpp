// What State promises to a module: see shoal/state.hpp.

#include "state_of_a_group.hpp"

namespace shoal::state {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

TEST_F(StateOfAGroup, IsEmptyAtFirst) { EXPECT_EQ(pond().get("fish"), std::nullopt); }

TEST_F(StateOfAGroup, ReturnsTheValueThatWasSetLast) {
  pond().set("fish", "carp");
  EXPECT_EQ(pond().get("fish"), "carp");
  pond().set("fish", "pike");
  EXPECT_EQ(pond().get("fish"), "pike");
}

TEST_F(StateOfAGroup, DistinguishesAnEmptyValueFromAnAbsentKey) {
  pond().set("fish", "");
  EXPECT_EQ(pond().get("fish"), "");
}

TEST_F(StateOfAGroup, StoresAnyBytes) {
  const std::string bytes("\0\xff\n\"", 4);
  pond().set(bytes, bytes);
  EXPECT_EQ(pond().get(bytes), bytes);
  EXPECT_EQ(pond().get(bytes.substr(0, 3)), std::nullopt);
}

TEST_F(StateOfAGroup, ErasesAnEntry) {
  pond().set("fish", "carp");
  EXPECT_TRUE(pond().erase("fish"));
  EXPECT_EQ(pond().get("fish"), std::nullopt);
  EXPECT_FALSE(pond().erase("fish"));
}

TEST_F(StateOfAGroup, IsThereAfterReopening) {
  pond().set("fish", "carp");
  pond().set("brief", "x", 24h);
  close();
  EXPECT_EQ(pond().get("fish"), "carp");
  EXPECT_EQ(pond().get("brief"), "x");
}

TEST_F(StateOfAGroup, IsThereAfterReopeningWithOtherSettings) {
  options_.durability = Durability::kMachine;
  pond().set("fish", "carp");
  close();
  options_.durability = Durability::kProcess;
  options_.size = 2 << 20;
  EXPECT_EQ(pond().get("fish"), "carp");
  pond().set("fish", "pike");
  EXPECT_EQ(pond().get("fish"), "pike");
}

TEST_F(StateOfAGroup, IsSeparateFromThatOfOtherGroups) {
  const auto lake = store().of("lake");
  pond().set("fish", "carp");
  EXPECT_EQ(lake->get("fish"), std::nullopt);
  EXPECT_FALSE(lake->erase("fish"));
  EXPECT_EQ(store().of("pond")->get("fish"), "carp");
}

TEST_F(StateOfAGroup, IsSeparateFromThatOfAGroupWhoseNameBeginsAlike) {
  store().of("a")->set("b:c", "1");
  store().of("a.b")->set("c", "2");
  EXPECT_EQ(store().of("a")->get("b:c"), "1");
  EXPECT_EQ(store().of("a")->get(std::string(".b\0c", 4)), std::nullopt);
}

TEST_F(StateOfAGroup, AcceptsTheLongestKeyInTheGroupWithTheLongestName) {
  const auto group = store().of(std::string(255, 'g'));
  const std::string key(State::kMaxKey, 'k');
  group->set(key, "carp", 1h);
  EXPECT_EQ(group->get(key), "carp");
  EXPECT_TRUE(group->erase(key));
  EXPECT_THAT(error_of([&] { store().of(std::string(256, 'g')); }), HasSubstr("255 bytes"));
  EXPECT_THAT(error_of([&] { store().of(""); }), HasSubstr("1 to 255 bytes"));
}

TEST_F(StateOfAGroup, RefusesEmptyAndTooLongKeys) {
  const std::string longer(State::kMaxKey + 1, 'k');
  EXPECT_THAT(error_of([&] { pond().set(longer, "carp"); }),
              AllOf(HasSubstr("group pond"), HasSubstr("256 bytes"), HasSubstr("at most 255")));
  EXPECT_THAT(error_of([&] { pond().get(longer); }), HasSubstr("at most 255"));
  EXPECT_EQ(error_of([&] { pond().add("", 1); }),
            "state of group pond: key \"\": is empty; give it 1 to 255 bytes");
  EXPECT_THAT(error_of([&] { pond().erase(""); }), HasSubstr("is empty"));
}

TEST_F(StateOfAGroup, RefusesTooLongValues) {
  const std::string largest(State::kMaxValue, 'v');
  pond().set("fish", largest);
  EXPECT_EQ(pond().get("fish"), largest);
  EXPECT_THAT(error_of([&] { pond().set("fish", largest + "v"); }),
              AllOf(HasSubstr("key \"fish\""), HasSubstr("1048577 bytes"), HasSubstr("1048576")));
  EXPECT_EQ(pond().get("fish"), largest);
}

TEST_F(StateOfAGroup, AddsToTheStoredNumber) {
  EXPECT_EQ(pond().add("visits", 1), 1);
  EXPECT_EQ(pond().add("visits", 41), 42);
  EXPECT_EQ(pond().add("visits", -50), -8);
  EXPECT_EQ(pond().get("visits"), "-8");
  pond().set("visits", "7");
  EXPECT_EQ(pond().add("visits", 0), 7);
}

TEST_F(StateOfAGroup, AddsToNumbersOnly) {
  for (const std::string text : {"carp", "", "1 ", " 1", "1.5", "0x1", "9223372036854775808"}) {
    pond().set("fish", text);
    EXPECT_THAT(error_of([&] { pond().add("fish", 1); }),
                AllOf(HasSubstr("key \"fish\""), HasSubstr("is not a number")))
        << text;
    EXPECT_EQ(pond().get("fish"), text);
  }
}

TEST_F(StateOfAGroup, RefusesASumThatDoesNotFit) {
  pond().add("most", INT64_MAX);
  EXPECT_THAT(error_of([&] { pond().add("most", 1); }),
              AllOf(HasSubstr("key \"most\""), HasSubstr("64 bits")));
  EXPECT_EQ(pond().get("most"), std::to_string(INT64_MAX));
  pond().add("least", INT64_MIN);
  EXPECT_THAT(error_of([&] { pond().add("least", -1); }), HasSubstr("64 bits"));
  EXPECT_EQ(pond().add("least", INT64_MAX), -1);
}

TEST_F(StateOfAGroup, EscapesControlCharactersOfAKeyInErrors) {
  EXPECT_THAT(error_of([&] { pond().set("a\nb", "carp", 0ms); }), HasSubstr("key \"a\\x0ab\""));
}

TEST_F(StateOfAGroup, IsReadOnlyWhileAModuleIsProbed) {
  const std::string read_only =
      "State is read-only while a module is probed; write only when !context.probing()";
  pond().set("fish", "carp");
  close();
  const auto state = probed();
  EXPECT_EQ(state->get("fish"), "carp");
  EXPECT_EQ(error_of([&] { state->set("fish", "pike"); }), read_only);
  EXPECT_EQ(error_of([&] { state->add("visits", 1); }), read_only);
  EXPECT_EQ(error_of([&] { state->erase("fish"); }), read_only);
  bool called = false;
  EXPECT_EQ(error_of([&] {
              state->update("fish", [&](const auto&) {
                called = true;
                return "pike";
              });
            }),
            read_only);
  EXPECT_FALSE(called);
  EXPECT_EQ(state->get("fish"), "carp");
}

TEST_F(StateOfAGroup, IsEmptyWhileAModuleIsProbedIfThereIsNoStore) {
  const auto state = probed();
  EXPECT_EQ(state->get("fish"), std::nullopt);
  EXPECT_THAT(error_of([&] { state->set("fish", "pike"); }), HasSubstr("read-only"));
  EXPECT_THAT(error_of([&] { state->get(""); }), HasSubstr("is empty"));
  EXPECT_FALSE(std::filesystem::exists(options_.path));
}

}  // namespace
}  // namespace shoal::state
