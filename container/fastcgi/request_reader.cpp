#include "fastcgi/request_reader.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "fastcgi/records.hpp"

namespace shoal::fastcgi {

std::span<char> RequestReader::space() {
  assert(state_ == State::kIncomplete || (streamed_ && buffer_.kept().size() == params_));
  return buffer_.space();
}

RequestReader::State RequestReader::filled(std::size_t count) {
  buffer_.filled(count);
  return parse();
}

RequestReader::State RequestReader::collect() {
  assert(state_ == State::kHead);
  state_ = State::kReady;
  if (body_.malformed()) return state_;
  body_.collect(buffer_);
  if (body_.refusal() != 0) {
    state_ = State::kRefused;
  } else if (!body_.complete()) {
    state_ = State::kIncomplete;
  }
  return parse();
}

RequestReader::State RequestReader::stream() {
  assert(state_ == State::kHead);
  body_.stream();
  streamed_ = true;
  state_ = State::kReady;
  parse();
  // From now on nothing moves the parameters: each read finds space, also behind what has come of a
  // record that is understood only as a whole.
  if (parsing()) buffer_.reserve(kReadSize + kHeaderSize + kQueryLimit);
  return state_;
}

RequestReader::State RequestReader::next() {
  assert(state_ == State::kHead || state_ == State::kReady || state_ == State::kRefused);
  forget();
  state_ = State::kIncomplete;
  return parse();
}

bool RequestReader::parsing() const {
  if (state_ == State::kIncomplete) return true;
  // What lies behind the body is left for next().
  return state_ == State::kReady && streamed_ && !body_.malformed() && !body_.complete() &&
         !aborted_;
}

RequestReader::State RequestReader::parse() {
  while (parsing() && (record_left() != 0 ? consume() : open_record())) continue;
  if (id_ == 0 && buffer_.unparsed().empty()) buffer_.release();
  return state_;
}

/// Takes what has come of the open record. Returns false if nothing more has come.
bool RequestReader::consume() {
  const std::size_t come = buffer_.unparsed().size();
  if (come == 0) return false;
  if (content_left_ != 0) {
    content_left_ -= take_content(std::min(content_left_, come));
    return true;
  }
  const std::size_t padding = std::min(padding_left_, come);
  buffer_.skip(padding);
  padding_left_ -= padding;
  return true;
}

/// Returns how many of these bytes of content were taken.
std::size_t RequestReader::take_content(std::size_t count) {
  if (content_ == Content::kStdin) return take_stdin_content(count);
  if (content_ == Content::kSkip) return skip_content(count);
  buffer_.keep(count);
  if (const char* wrong = index_.extend(buffer_.kept())) violate(wrong);
  return count;
}

std::size_t RequestReader::take_stdin_content(std::size_t count) {
  const std::size_t kept = body_.keep(buffer_, count);
  if (kept < count) content_ = Content::kSkip;
  if (body_.refusal() != 0)
    state_ = State::kRefused;
  else if (body_.complete())
    state_ = State::kReady;
  return kept;
}

std::size_t RequestReader::skip_content(std::size_t count) {
  buffer_.skip(count);
  skipped_ += count;
  if (skipped_ > rules_.skip) state_ = State::kClosing;
  return count;
}

/// Decides what becomes of the next record. Returns false if too little of it has come.
bool RequestReader::open_record() {
  const std::string_view bytes = buffer_.unparsed();
  if (bytes.size() < kHeaderSize) return false;
  const RecordHeader header = read_header(bytes);
  if (header.version != FCGI_VERSION_1)
    return violate("record of FastCGI version " + std::to_string(header.version));
  const bool manages = header.id == FCGI_NULL_REQUEST_ID;
  const bool begins = !manages && header.type == FCGI_BEGIN_REQUEST;
  const bool asks = manages && header.type == FCGI_GET_VALUES;
  if (begins && header.length != sizeof(FCGI_BeginRequestBody))
    return violate("BEGIN_REQUEST of a wrong length");
  if (asks && header.length > kQueryLimit) return violate("GET_VALUES of more than 8 KiB");
  // These two are understood only as a whole; the others are taken as they come.
  const std::size_t whole = begins || asks ? header.length : 0;
  if (bytes.size() < kHeaderSize + whole) return false;
  buffer_.skip(kHeaderSize + whole);
  content_ = Content::kSkip;
  content_left_ = header.length - whole;
  padding_left_ = header.padding;

  const std::string_view content = bytes.substr(kHeaderSize, whole);
  if (manages) return manage(header.type, content);
  if (begins) return begin(header.id, content);
  if (header.id != id_) return true;  // of a request that was refused, aborted or answered
  if (header.type == FCGI_PARAMS) return open_params(header.length);
  if (header.type == FCGI_STDIN) return open_stdin(header.length);
  if (header.type == FCGI_ABORT_REQUEST) return abort();
  return violate("record of type " + std::to_string(header.type) + " within a request");
}

bool RequestReader::begin(int id, std::string_view content) {
  if (id == id_) return violate("BEGIN_REQUEST twice for one request");
  if (id_ != 0) {
    append_end_request(replies_, id, FCGI_CANT_MPX_CONN);
    return true;
  }
  id_ = id;
  in_params_ = true;
  keep_connection_ = (content[2] & FCGI_KEEP_CONN) != 0;
  const bool responder = content[0] == 0 && content[1] == FCGI_RESPONDER;
  return responder || end_request(FCGI_UNKNOWN_ROLE);
}

bool RequestReader::open_params(std::size_t length) {
  if (!in_params_) return violate("PARAMS behind the end of PARAMS");
  const std::string_view params = buffer_.kept();
  if (params.size() + length > kParamsLimit) return violate("PARAMS of more than 1 MiB");
  content_ = Content::kParams;
  if (params.size() + length > kReadSize && length != 0) {
    if (!rules_.budget.take(length))
      return violate("no space for its PARAMS: limits.bodies is used up");
    head_budget_ += length;
  }
  if (length != 0) return true;
  if (!index_.complete(params)) return violate("parameter longer than what is left of PARAMS");
  in_params_ = false;
  params_ = params.size();
  body_.announce(param("CONTENT_LENGTH").value_or(""), buffer_);
  state_ = State::kHead;
  return true;
}

bool RequestReader::open_stdin(std::size_t length) {
  if (in_params_) return violate("STDIN before the end of PARAMS");
  content_ = Content::kStdin;
  if (length != 0) return true;
  body_.end();
  state_ = State::kReady;
  return true;
}

bool RequestReader::abort() {
  aborted_ = streamed_;
  return aborted_ || end_request(FCGI_REQUEST_COMPLETE);
}

bool RequestReader::manage(int type, std::string_view content) {
  if (type != FCGI_GET_VALUES) {
    const std::array<char, sizeof(FCGI_UnknownTypeBody)> unknown{static_cast<char>(type)};
    append_record(replies_, FCGI_UNKNOWN_TYPE, 0, {unknown.data(), unknown.size()});
    return true;
  }
  const auto values = values_for(content);
  if (!values) return violate("GET_VALUES with a name longer than the record");
  append_record(replies_, FCGI_GET_VALUES_RESULT, 0, *values);
  return true;
}

bool RequestReader::end_request(int protocol_status) {
  append_end_request(replies_, id_, protocol_status);
  ++ended_;
  if (!keep_connection_) state_ = State::kClosing;
  forget();
  return true;
}

bool RequestReader::violate(std::string reason) {
  reason_ = std::move(reason);
  state_ = State::kClosing;
  return false;
}

void RequestReader::forget() {
  id_ = 0;
  keep_connection_ = in_params_ = streamed_ = aborted_ = false;
  content_ = Content::kSkip;
  skipped_ = 0;
  params_ = 0;
  index_.clear();
  if (head_budget_ != 0) rules_.budget.give_back(head_budget_);
  head_budget_ = 0;
  body_.forget();
  buffer_.forget();
}

bool RequestReader::aborted(std::string_view upcoming) const {
  if (state_ != State::kReady) return false;
  std::string come;
  if (!upcoming.empty()) come.append(buffer_.unparsed()).append(upcoming);
  std::size_t to_next = record_left();
  for (std::string_view rest = upcoming.empty() ? buffer_.unparsed() : come;
       rest.size() >= to_next + kHeaderSize;) {
    rest.remove_prefix(to_next);
    const RecordHeader header = read_header(rest);
    if (header.id == id_ && header.type == FCGI_ABORT_REQUEST) return true;
    if (header.id == id_ && header.type == FCGI_BEGIN_REQUEST) break;  // of the next request
    to_next = kHeaderSize + header.length + header.padding;
  }
  return aborted_;
}

}  // namespace shoal::fastcgi
