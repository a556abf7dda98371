// Thread-local storage: with a destructor, or of the initial-exec model.
#ifdef WITH_DESTRUCTOR
#include <string>
thread_local std::string local;
extern "C" __attribute__((visibility("default"))) void use() { local = "used"; }
#else
thread_local int local __attribute__((visibility("default")));
extern "C" __attribute__((visibility("default"))) int use() { return ++local; }
#endif
