// No shared object.
int main() { return 0; }
