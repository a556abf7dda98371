#include "zoo/depended.hpp"

int depended_version() { return VERSION; }

#if VERSION == 2
int depended_more() { return 22; }
#endif
