# Accept breakpoints in code that is not loaded yet.
set breakpoint pending on
# Shoal uses this signal to get the stacks of slow requests.
handle SIG41 nostop noprint pass
break Hello::handle
break hello.cpp:18
