#pragma once

#include <exception>
#include <memory>

// A base library and its child as an author builds them by hand: everything is visible, and g++
// makes unique symbols of the inline statics. What passes between the two is bound by the dynamic
// linker.
namespace reef {

/// Its type information is in the base alone, where its first virtual function is.
class Storm : public std::exception {
 public:
  explicit Storm(int version) : version_(version) {}
  const char* what() const noexcept override;
  int version() const { return version_; }

 private:
  int version_;
};

/// Its type information is in every shared object that uses it; that of `int` is in none of them.
struct Calm {
  int version;
};

class Swimmer {
 public:
  virtual ~Swimmer();
  virtual int depth() const = 0;
};

class Fish {
 public:
  virtual ~Fish();
  virtual int version() const;
  virtual int kin() const = 0;
  virtual void flee() const = 0;  ///< throws Storm
  virtual void rest() const = 0;  ///< throws Calm
};

/// Its virtual table is in every shared object that uses it.
class Minnow final : public Fish {
 public:
  int kin() const override { return VERSION; }
  void flee() const override { throw Storm(VERSION); }
  void rest() const override { throw Calm{VERSION}; }
};

/// One object each, within a generation.
struct Tally {
  static inline int calls = 0;
};
inline int& tide() {
  static int tide = VERSION;
  return tide;
}
inline thread_local int wave = 0;

// Done by the base.
std::shared_ptr<Fish> spawn();
int kin_of(const Fish& fish);
int thrown_by_flight_of(const Fish& fish);
int thrown_by_rest_of(const Fish& fish);
int depth_of(const Fish& fish);  ///< of a Swimmer; else -1
bool is_minnow(const Fish& fish);
[[noreturn]] void blow();     ///< throws Storm
[[noreturn]] void be_calm();  ///< throws Calm
int count_call();
int* tide_of_base();
int* wave_of_base();

}  // namespace reef
