// A rival to measure Shoal against: the usual threaded program of libfcgi. Each thread accepts a
// connection and serves it until the peer closes it, so an idle connection occupies its thread.
//
// usage: plain_loop SOCKET THREADS
#include <fcgiapp.h>

#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "rival.hpp"

namespace {

void serve(int listener) {
  FCGX_Request request;
  FCGX_InitRequest(&request, listener, 0);
  while (FCGX_Accept_r(&request) == 0) {
    FCGX_PutS(bench::kAnswer, request.out);
    FCGX_Finish_r(&request);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: plain_loop SOCKET THREADS\n";
    return 2;
  }
  const int listener = bench::listen_on(argv[1]);
  const int threads = std::stoi(argv[2]);

  std::vector<std::jthread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back(serve, listener);
}
