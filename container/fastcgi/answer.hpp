#pragma once

#include <fcgiapp.h>

#include <cstddef>
#include <string_view>

#include "fastcgi/connection.hpp"
#include "fastcgi/records.hpp"

namespace shoal::fastcgi {

/// The answer to one request, as a stream of libfcgi with a buffer and an emptyBuffProc of our own.
/// A short answer is sent with its end in one call. Allocates nothing. The only user of libfcgi;
/// its own writer never writes END_REQUEST, and takes EAGAIN for the end of the stream.
///
/// Does not wait: what the socket does not take lies in Connection::unsent(). Used by one thread.
class Answer : private FCGX_Stream {
 public:
  /// The answer to the request of this id. REQUIRES: `connection` outlives the answer.
  Answer(Connection& connection, int id);
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  /// Appends to the answer. Returns false if the peer has closed.
  bool write(std::string_view bytes);

  /// Sends what is in the buffer. Returns false if the peer has closed.
  bool flush();

  /// Sends what is in the buffer and the end of the answer. Returns false if the peer has closed.
  bool finish();

 private:
  static constexpr std::size_t kBuffer = 40 << 10;  // bytes: what a Response holds back, and a head
  static constexpr std::size_t kEnd = 3 * kHeaderSize;  // the end of STDOUT, then END_REQUEST

  static void empty(FCGX_Stream* stream, int closing);

  Connection& connection_;
  const int id_;
  unsigned char buffer_[kHeaderSize + kBuffer + kEnd];  // not initialised
};

}  // namespace shoal::fastcgi
