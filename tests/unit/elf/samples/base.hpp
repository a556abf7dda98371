#pragma once

#include <stdexcept>
#include <string>

/// Thrown on one side of the border between two modules and caught on the other.
struct __attribute__((visibility("default"))) Trouble : std::runtime_error {
  using std::runtime_error::runtime_error;
  ~Trouble() override;
};

class __attribute__((visibility("default"))) Base {
 public:
  virtual ~Base();
  virtual int number() const;
  int call_and_catch(void (*thrower)()) const;
};

/// g++ makes it a unique symbol: one object in the whole process, whatever is loaded.
struct __attribute__((visibility("default"))) Store {
  inline static int counter = 0;
};
