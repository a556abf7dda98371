#include <array>
#include <cassert>

#include "fastcgi/records.hpp"
#include "fastcgi/request_reader.hpp"

namespace shoal::fastcgi {

namespace {

void write_header(const std::function<void(std::string_view)>& write, int type, int id,
                  std::size_t length, std::size_t padding = 0) {
  const auto header = header_of(type, id, length, padding);
  write({header.data(), header.size()});
}

}  // namespace

void RequestReader::replay(const Write& write) const {
  assert(state_ != State::kClosing && state_ != State::kRefused && replies_.empty());
  if (id_ != 0) replay_request(write);
  if (record_left() != 0) {
    // What is only skipped becomes a record of another request: its header has had its effect, and
    // an empty record of PARAMS or STDIN would be their end.
    const bool kept = content_left_ != 0 && content_ != Content::kSkip;
    const int type = kept && content_ == Content::kParams ? FCGI_PARAMS : FCGI_STDIN;
    const int another = id_ == 1 ? 2 : 1;
    write_header(write, type, kept ? id_ : another, content_left_, padding_left_);
  }
  write(buffer_.unparsed());
}

void RequestReader::replay_request(const Write& write) const {
  const char flags = keep_connection_ ? FCGI_KEEP_CONN : 0;
  const std::array<char, sizeof(FCGI_BeginRequestBody)> begin{0, FCGI_RESPONDER, flags};
  write_header(write, FCGI_BEGIN_REQUEST, id_, begin.size());
  write({begin.data(), begin.size()});
  std::string_view rest = in_params_ ? buffer_.kept() : params();
  while (!rest.empty()) {
    const std::string_view piece = rest.substr(0, FCGI_MAX_LENGTH);
    write_header(write, FCGI_PARAMS, id_, piece.size());
    write(piece);
    rest.remove_prefix(piece.size());
  }
  if (in_params_) return;
  write_header(write, FCGI_PARAMS, id_, 0);
  replay_body(write);
}

void RequestReader::replay_body(const Write& write) const {
  std::array<char, kReadSize> piece{};
  std::uint64_t offset = 0;
  while (const std::size_t size = body_.read(buffer_, offset, piece)) {
    write_header(write, FCGI_STDIN, id_, size);
    write({piece.data(), size});
    offset += size;
  }
  if (body_.too_large()) {
    write_header(write, FCGI_STDIN, id_, 1);
    write({piece.data(), 1});
  }
  // Not if content_length() bytes are all that has come: the record that ends it follows.
  if (body_.ended()) write_header(write, FCGI_STDIN, id_, 0);
  if (aborted_) write_header(write, FCGI_ABORT_REQUEST, id_, 0);
}

}  // namespace shoal::fastcgi
