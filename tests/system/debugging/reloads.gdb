# Have gdb wait for code that is not loaded yet.
set breakpoint pending on
# Shoal looks at slow requests by this signal.
handle SIG41 nostop noprint pass
break Hello::handle
break hello.cpp:18
