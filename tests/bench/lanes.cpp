// A rival to measure Shoal against: event loops (event_loops.hpp) on which libfcgi reads the
// requests. A request whose head has not come completely holds a thread.
//
// usage: lanes SOCKET LOOPS THREADS
#include <fcgiapp.h>
#include <sys/socket.h>

#include "event_loops.hpp"
#include "rival.hpp"

namespace {

class Connection {
 public:
  explicit Connection(int descriptor) : descriptor_(descriptor) {
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    FCGX_InitRequest(&request_, /*listen_sock: libfcgi must not accept*/ -1, 0);
  }
  ~Connection() { FCGX_Free(&request_, /*close*/ 0), close(descriptor_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool serve(bench::EventLoops<Connection>::Turn& turn) {
    return turn.run([&] { return answer(turn); });
  }

  int descriptor() const { return descriptor_; }

 private:
  bool answer(bench::EventLoops<Connection>::Turn& turn) {
    request_.ipcFd = descriptor_;
    request_.keepConnection = 1;  // otherwise FCGX_Accept_r first closes it
    if (FCGX_Accept_r(&request_) < 0) return false;
    const char* path = FCGX_GetParam("SCRIPT_NAME", request_.envp);
    if (path != nullptr && bench::is_slow(path)) {
      turn.give_loop_away();
      bench::sleep_as_a_slow_handler();
    }
    FCGX_PutS(bench::kAnswer, request_.out);
    const bool keep = request_.keepConnection != 0;
    request_.keepConnection = 1;  // the destructor closes it
    FCGX_Finish_r(&request_);
    return keep;
  }

  const int descriptor_;
  FCGX_Request request_;
};

}  // namespace

int main(int argc, char** argv) { return bench::serve_with_event_loops<Connection>(argc, argv); }
