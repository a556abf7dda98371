// The place for which the test asks: a call in an inlined function that is inlined in another one.
#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

[[gnu::noinline]] void* return_address() {
  return __builtin_extract_return_addr(__builtin_return_address(0));
}

[[gnu::always_inline]] inline char* deep() {
  return static_cast<char*>(return_address()) - 1;  // deep
}

[[gnu::always_inline]] inline char* middle() {
  return deep() + 0;  // middle
}

}  // namespace

EXPORT char* here(int);

char* here(int depth) {
  char* const place = middle();  // here
  return depth > 0 ? here(depth - 1) : place;
}
