// Exports nothing, so that nothing counts its symbols; needs something all the same.
#include <cstdlib>
namespace {
__attribute__((constructor)) void at_load() { (void)std::getenv("HOME"); }
}  // namespace
