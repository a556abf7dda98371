set breakpoint pending on
# The probe opens modules in a child process.
set follow-fork-mode child
break Hello::Hello
run
