#include "base.hpp"

#include <typeinfo>

namespace reef {

const char* Storm::what() const noexcept { return "storm"; }
Swimmer::~Swimmer() = default;
Fish::~Fish() = default;
int Fish::version() const { return VERSION; }

std::shared_ptr<Fish> spawn() { return std::make_shared<Minnow>(); }
int kin_of(const Fish& fish) { return fish.kin(); }

int thrown_by_flight_of(const Fish& fish) {
  try {
    fish.flee();
  } catch (const Storm& storm) {
    return storm.version();
  } catch (...) {
  }
  return -1;
}

int thrown_by_rest_of(const Fish& fish) {
  try {
    fish.rest();
  } catch (const Calm& calm) {
    return calm.version;
  } catch (...) {
  }
  return -1;
}

int depth_of(const Fish& fish) {
  const auto* swimmer = dynamic_cast<const Swimmer*>(&fish);
  return swimmer == nullptr ? -1 : swimmer->depth();
}

bool is_minnow(const Fish& fish) { return typeid(fish) == typeid(Minnow); }
void blow() { throw Storm(VERSION); }
void be_calm() { throw Calm{VERSION}; }
int count_call() { return ++Tally::calls; }
int* tide_of_base() { return &tide(); }
int* wave_of_base() { return &wave; }

}  // namespace reef
