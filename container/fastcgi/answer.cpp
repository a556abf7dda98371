#include "fastcgi/answer.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

namespace shoal::fastcgi {

Answer::Answer(Connection& connection, int id) : FCGX_Stream{}, connection_(connection), id_(id) {
  rdNext = stop = buffer_ + kHeaderSize + kBuffer;
  wrNext = buffer_ + kHeaderSize;
  emptyBuffProc = &empty;
}

bool Answer::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const int size = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
    if (::FCGX_PutStr(bytes.data(), size, this) != size) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return isClosed == 0;
}

bool Answer::flush() { return isClosed == 0 && ::FCGX_FFlush(this) == 0; }

bool Answer::finish() { return ::FCGX_FClose(this) == 0; }

void Answer::empty(FCGX_Stream* stream, int closing) {
  auto& self = static_cast<Answer&>(*stream);
  unsigned char* begin = self.buffer_;
  unsigned char* end = self.wrNext;
  const auto length = static_cast<std::size_t>(end - begin) - kHeaderSize;
  if (length == 0) {
    begin = end;
  } else {
    std::memcpy(begin, header_of(FCGI_STDOUT, self.id_, length).data(), kHeaderSize);
  }
  if (closing != 0) {
    std::memcpy(end, header_of(FCGI_STDOUT, self.id_, 0).data(), kHeaderSize);
    std::memcpy(end + kHeaderSize, header_of(FCGI_END_REQUEST, self.id_, 8).data(), kHeaderSize);
    std::memset(end + 2 * kHeaderSize, 0, kHeaderSize);  // status 0, FCGI_REQUEST_COMPLETE
    end += kEnd;
  }
  self.wrNext = self.buffer_ + kHeaderSize;
  if (begin == end || self.FCGI_errno != 0) return;
  const std::string_view bytes(reinterpret_cast<const char*>(begin),
                               static_cast<std::size_t>(end - begin));
  if (self.connection_.send(bytes)) return;
  self.FCGI_errno = EPIPE;
  self.isClosed = 1;
}

}  // namespace shoal::fastcgi
