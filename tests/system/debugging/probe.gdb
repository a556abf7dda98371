set breakpoint pending on
# The probe opens modules in a process of its own.
set follow-fork-mode child
break Hello::Hello
run
