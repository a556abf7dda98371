// The process of the probe, for tests: as `shoal` runs it, but without a State.
#include "generations/probe_main.hpp"

int main() { return shoal::generations::probe_main({}); }
