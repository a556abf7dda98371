// A program, not a shared object.
int main() { return 0; }
