#include <shoal/module.hpp>
#include <string>
#include <typeinfo>

#include "base.hpp"

namespace {

using namespace std::string_literals;

class Squall final : public reef::Storm {
 public:
  using Storm::Storm;
};

class Trout final : public reef::Fish, public reef::Swimmer {
 public:
  int kin() const override { return VERSION; }
  void flee() const override { throw Squall(VERSION); }
  void rest() const override { throw reef::Calm{VERSION}; }
  int depth() const override { return VERSION; }
};

int caught(void (&thrower)()) {
  try {
    thrower();
  } catch (const reef::Storm& storm) {
    return storm.version();
  } catch (const reef::Calm& calm) {
    return calm.version;
  } catch (...) {
  }
  return -1;
}

std::string pair(const char* what, int one, int other) {
  return what + std::to_string(one) + " "s + std::to_string(other);
}

/// Says all that it and its base make of each other: see answer() in linked_test.cpp.
class Reef final : public shoal::Module {
 public:
  void handle(shoal::Request&, shoal::Response& response) override {
    const Trout trout;
    const reef::Minnow minnow;
    const auto owner = reef::spawn();
    const reef::Fish& spawned = *owner;
    const auto* spawned_minnow = dynamic_cast<const reef::Minnow*>(&spawned);
    std::string text = pair("child and base ", VERSION, trout.version());
    text += pair("; virtual calls ", spawned.kin(), reef::kin_of(trout));
    text += pair("; thrown in the base ", caught(reef::blow), caught(reef::be_calm));
    text += pair("; thrown in the child ", reef::thrown_by_flight_of(trout),
                 reef::thrown_by_rest_of(trout));
    text += pair("; casts ", spawned_minnow == nullptr ? -1 : spawned_minnow->kin(),
                 reef::depth_of(trout));
    text += pair("; types ", typeid(spawned) == typeid(reef::Minnow), reef::is_minnow(minnow));
    const int calls = reef::count_call();
    text += pair("; calls ", calls, reef::Tally::calls);
    const int shared = (reef::tide_of_base() == &reef::tide() ? 1 : 0) +
                       (reef::wave_of_base() == &reef::wave ? 1 : 0);
    response.text(text + "; shared " + std::to_string(shared));
  }
};

}  // namespace

SHOAL_MODULE(Reef)
