// The least that a sanitizer has something to do with.
extern "C" __attribute__((visibility("default"))) int at(const int* numbers, int index) {
  return numbers[index] + index;
}
