// A library module: nothing in it handles a request.
#include <shoal/export.hpp>

SHOAL_EXPORT int books_on_the_shelf() { return 451; }
