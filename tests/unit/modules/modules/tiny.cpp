// The smallest shared object: for tests that try each of its bytes.
extern "C" int tiny() { return 7; }
