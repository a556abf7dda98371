// A library module whose class the child derives from.
#include "base.hpp"

Trouble::~Trouble() = default;
Base::~Base() = default;

int Base::number() const { return VERSION; }

int Base::call_and_catch(void (*thrower)()) const {
  try {
    thrower();
  } catch (const Trouble&) {
    return VERSION;
  }
  return 0;
}

extern "C" __attribute__((visibility("default"))) int* base_counter() { return &Store::counter; }
