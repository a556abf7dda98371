// A rival to measure Shoal against: event loops (event_loops.hpp), a reader of our own, and
// libfcgi's stream for the answer. A request takes a thread only when it has come completely.
//
// usage: heads SOCKET LOOPS THREADS
#include <fastcgi.h>
#include <fcgiapp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "event_loops.hpp"
#include "head_reader.hpp"
#include "rival.hpp"

namespace {

constexpr std::size_t kHeader = FCGI_HEADER_LEN;

std::array<unsigned char, kHeader> header_of(int type, int id, std::size_t length) {
  const auto byte = [](std::size_t value) { return static_cast<unsigned char>(value); };
  return {FCGI_VERSION_1, byte(type), byte(id >> 8), byte(id), byte(length >> 8), byte(length)};
}

// A stream of libfcgi with a buffer of its own, so nothing is allocated. FCGX_FClose sends what is
// buffered, the end of STDOUT and END_REQUEST with one call. Do not call FCGX_FreeStream for it.
class AnswerStream : public FCGX_Stream {
 public:
  AnswerStream(int descriptor, int id) : FCGX_Stream{}, descriptor_(descriptor), id_(id) {
    rdNext = stop = buffer_ + kHeader + kContent;
    wrNext = buffer_ + kHeader;
    emptyBuffProc = &empty;
  }
  AnswerStream(const AnswerStream&) = delete;
  AnswerStream& operator=(const AnswerStream&) = delete;

 private:
  static constexpr std::size_t kContent = 8192;
  static constexpr std::size_t kTail = 3 * kHeader;

  static void empty(FCGX_Stream* stream, int closing) {
    auto& self = static_cast<AnswerStream&>(*stream);
    auto* begin = self.buffer_;
    auto* end = self.wrNext;
    const std::size_t length = end - begin - kHeader;
    if (length == 0) {
      begin = end;
    } else {
      std::memcpy(begin, header_of(FCGI_STDOUT, self.id_, length).data(), kHeader);
    }
    if (closing != 0) {
      const std::array<unsigned char, kHeader> tail[] = {
          header_of(FCGI_STDOUT, self.id_, 0), header_of(FCGI_END_REQUEST, self.id_, 8), {}};
      std::memcpy(end, tail, kTail);
      end += kTail;
    }
    self.wrNext = self.buffer_ + kHeader;
    if (!self.send_all(begin, end - begin)) self.isClosed = 1;
  }

  bool send_all(const unsigned char* from, std::size_t size) {
    while (FCGI_errno == 0 && size != 0) {
      const ssize_t sent = send(descriptor_, from, size, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) {
        FCGI_errno = errno;
      } else {
        from += sent;
        size -= sent;
      }
    }
    return FCGI_errno == 0;
  }

  int descriptor_, id_;
  unsigned char buffer_[kHeader + kContent + kTail];
};

class Connection {
 public:
  explicit Connection(int descriptor) : descriptor_(descriptor) {
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  ~Connection() { close(descriptor_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One read for each event. No event tells of another request that came with the first one.
  bool serve(bench::EventLoops<Connection>::Turn& turn) {
    const auto space = reader_.space();
    const ssize_t got = recv(descriptor_, space.data(), space.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (got <= 0) return false;
    auto state = reader_.filled(got);
    while (state == bench::HeadReader::State::kReady) {
      if (!turn.run([&] { return answer(turn); })) return false;
      state = reader_.next();
    }
    return state != bench::HeadReader::State::kInvalid;
  }

  int descriptor() const { return descriptor_; }

 private:
  bool answer(bench::EventLoops<Connection>::Turn& turn) {
    if (bench::is_slow(reader_.param("SCRIPT_NAME"))) {
      turn.give_loop_away();
      bench::sleep_as_a_slow_handler();
    }
    AnswerStream out(descriptor_, reader_.id());
    FCGX_PutS(bench::kAnswer, &out);
    return FCGX_FClose(&out) == 0 && reader_.keep_connection();
  }

  const int descriptor_;
  bench::HeadReader reader_;
};

}  // namespace

int main(int argc, char** argv) { return bench::serve_with_event_loops<Connection>(argc, argv); }
