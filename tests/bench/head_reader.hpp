#pragma once

#include <fastcgi.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace bench {

/// Reads the requests of one connection, however their bytes are split. Never blocks, and allocates
/// nothing for a parameter. What no web server sends (a second request, management records, aborted
/// requests) is an error here: a rival need not be complete.
///
/// One buffer: [ parameters | body | hole | not yet parsed | free ]. The content of each record is
/// moved to the end of the content before it, which removes the headers between them.
class HeadReader {
 public:
  enum class State { kIncomplete, kReady, kInvalid };

  /// Returns where the next bytes are to be put. Never empty.
  std::span<char> space() {
    if (buffer_.size() - filled_ < kReadLimit / 8) {
      close_hole();
      if (buffer_.size() - filled_ < kReadLimit / 4) buffer_.resize(buffer_.size() + kReadLimit);
    }
    return {buffer_.data() + filled_, std::min(buffer_.size() - filled_, kReadLimit)};
  }

  /// Parses the bytes that were put into space().
  State filled(std::size_t count) {
    filled_ += count;
    return parse();
  }

  /// Forgets the request, and parses what came behind it. REQUIRES: the state is kReady.
  State next() {
    id_ = 0;
    content_ = params_ = 0;
    close_hole();
    state_ = State::kIncomplete;
    return parse();
  }

  // The request. REQUIRES: the state is kReady. The views are valid until next().
  int id() const { return id_; }
  bool keep_connection() const { return keep_connection_; }

  /// Returns the value of a parameter; empty if there is no such parameter.
  std::string_view param(std::string_view name) const {
    std::string_view pairs(buffer_.data(), params_);
    for (Pair pair; take_pair(pairs, pair);) {
      if (pair.name == name) return pair.value;
    }
    return {};
  }

 private:
  static constexpr std::size_t kHeader = FCGI_HEADER_LEN;
  static constexpr std::size_t kRequestLimit = (1 << 20) + (64 << 10);  // parameters and body
  static constexpr std::size_t kReadLimit = 16 << 10;

  struct Pair {
    std::string_view name, value;
  };

  // Removes the first pair from `pairs`. Returns false if it is not complete.
  static bool take_pair(std::string_view& pairs, Pair& pair) {
    std::size_t lengths[2];
    for (auto& length : lengths) {
      const auto byte = [&](int i) { return std::size_t{static_cast<unsigned char>(pairs[i])}; };
      if (pairs.empty()) return false;
      const std::size_t size = byte(0) < 128 ? 1 : 4;
      if (pairs.size() < size) return false;
      length = byte(0);
      if (size == 4) length = (byte(0) & 0x7f) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
      pairs.remove_prefix(size);
    }
    if (lengths[0] > pairs.size() || lengths[1] > pairs.size() - lengths[0]) return false;
    pair = {pairs.substr(0, lengths[0]), pairs.substr(lengths[0], lengths[1])};
    pairs.remove_prefix(lengths[0] + lengths[1]);
    return true;
  }

  State parse() {
    while (state_ == State::kIncomplete) {
      const bool open = content_left_ + padding_left_ != 0;
      if (!(open ? consume() : open_record())) break;
    }
    return state_;
  }

  // Takes what has come of the open record. Returns false if nothing more has come.
  bool consume() {
    const auto from = buffer_.begin() + parsed_;
    const auto count = std::min(content_left_, filled_ - parsed_);
    std::copy(from, from + count, buffer_.begin() + content_);
    const auto padding = std::min(padding_left_, filled_ - parsed_ - count);
    content_ += count;
    content_left_ -= count;
    padding_left_ -= padding;
    parsed_ += count + padding;
    return count + padding != 0;
  }

  // Begins with the next record. Returns false if its header has not come.
  bool open_record() {
    if (filled_ - parsed_ < kHeader) return false;
    const auto* header = reinterpret_cast<const unsigned char*>(buffer_.data() + parsed_);
    const int type = header[1];
    const int id = header[2] << 8 | header[3];
    const std::size_t length = header[4] << 8 | header[5];
    if (header[0] != FCGI_VERSION_1) return refuse();
    if (id_ == 0)
      return type == FCGI_BEGIN_REQUEST && id != 0 && length == 8 ? begin(id) : refuse();
    if (id != id_ || content_ + length > kRequestLimit) return refuse();
    if (type != (in_params_ ? FCGI_PARAMS : FCGI_STDIN)) return refuse();
    parsed_ += kHeader;
    content_left_ = length;
    padding_left_ = header[6];
    if (length != 0) return true;
    if (in_params_) {
      params_ = content_;
    } else {
      state_ = State::kReady;
    }
    in_params_ = false;
    return true;
  }

  bool begin(int id) {
    const char* body = buffer_.data() + parsed_ + kHeader;
    if (filled_ - parsed_ < kHeader + 8) return false;
    parsed_ += kHeader + 8;
    id_ = id;
    in_params_ = true;
    keep_connection_ = (body[2] & FCGI_KEEP_CONN) != 0;
    return body[1] == FCGI_RESPONDER || refuse();
  }

  bool refuse() {
    state_ = State::kInvalid;
    return false;
  }

  void close_hole() {
    std::copy(buffer_.begin() + parsed_, buffer_.begin() + filled_, buffer_.begin() + content_);
    filled_ -= parsed_ - content_;
    parsed_ = content_;
  }

  std::vector<char> buffer_;
  std::size_t params_ = 0, content_ = 0, parsed_ = 0, filled_ = 0;  // ends of the parts; ascending
  std::size_t content_left_ = 0, padding_left_ = 0;                 // of the open record
  int id_ = 0;                                                      // 0: between requests
  bool in_params_ = false, keep_connection_ = false;
  State state_ = State::kIncomplete;
};

}  // namespace bench
