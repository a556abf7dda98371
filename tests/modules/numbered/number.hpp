#pragma once

#include <string>

namespace {

/// The version of this module. A test that needs many versions writes the digits into copies of the
/// built file. Volatile, since the compiler must not use the digits that it sees here.
const volatile char kNumber[] = "number:00000000";

/// Returns the eight digits.
std::string number() {
  std::string digits;
  for (std::size_t at = sizeof "number:" - 1; at < sizeof kNumber - 1; ++at) digits += kNumber[at];
  return digits;
}

}  // namespace
