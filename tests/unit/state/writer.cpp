// Writes to a store from a process of its own:
//
//   state_writer add PATH TIMES    adds 1 to "visits" of the group pond, TIMES times
//   state_writer hang PATH         begins to update "fish", prints "updating", and waits for ever

#include <dlfcn.h>
#include <lmdb.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>

#include "state/store.hpp"

/// Stands before that of LMDB. A process that finds no table takes its time, so that another one
/// makes it meanwhile.
extern "C" int mdb_dbi_open(MDB_txn* txn, const char* name, unsigned flags, MDB_dbi* dbi) {
  static const auto lmdb_s =
      reinterpret_cast<decltype(&mdb_dbi_open)>(::dlsym(RTLD_NEXT, "mdb_dbi_open"));
  const int code = lmdb_s(txn, name, flags, dbi);
  if (code == MDB_NOTFOUND) {
    std::this_thread::sleep_for(std::chrono::milliseconds(::getpid() % 10));
  }
  return code;
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  shoal::state::Options options;
  options.path = argv[2];
  const auto pond = shoal::state::Store(options).of("pond");
  if (argc == 4 && std::string_view(argv[1]) == "add") {
    for (int i = std::stoi(argv[3]); i > 0; --i) pond->add("visits", 1);
    return 0;
  }
  pond->set("fish", "pike");
  pond->update("fish", [](const auto&) -> std::string {
    std::cout << "updating" << std::endl;
    for (;;) ::pause();
  });
}
