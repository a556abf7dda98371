// Writes to a store from a process of its own:
//
//   state_writer add PATH TIMES    adds 1 to "visits" of the group pond, TIMES times
//   state_writer hang PATH         begins to update "fish", prints "updating", and waits for ever

#include <unistd.h>

#include <iostream>
#include <string>
#include <string_view>

#include "state/store.hpp"

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
