// The smallest code that sanitizers instrument.
extern "C" __attribute__((visibility("default"))) int at(const int* numbers, int index) {
  return numbers[index] + index;
}
