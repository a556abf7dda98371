#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "fastcgi/request_reader.hpp"

namespace shoal::fastcgi {

/// How the bytes of a connection are read.
struct Reading {
  std::size_t cut = 1 << 20;                ///< at most so many bytes with one read
  unsigned ways = 0;                        ///< two bits for each request: 3 streams it, 2 skips it
  std::size_t replay_at = std::size_t(-1);  ///< the step before which another reader takes over
};

/// All that a connection's bytes lead to.
struct Outcome {
  std::string requests{};  ///< each request, and how far the last one came
  std::string replies{};
  std::string reason{};
  bool closed = false;
  bool replayed = false;

  bool operator==(const Outcome& other) const {
    return requests == other.requests && replies == other.replies && reason == other.reason &&
           closed == other.closed;
  }
};

/// Does with a connection what an event loop does, and notes what comes of it. Throws
/// std::logic_error if a promise of the reader is broken.
class Readings {
 public:
  Readings(const ReaderRules& rules, const Reading& how)
      : rules_(rules), how_(how), reader_(std::make_unique<RequestReader>(rules)) {}

  Outcome read(std::string_view bytes) {
    rest_ = bytes;
    while (settle() && !rest_.empty()) {
      const auto space = reader_->space();
      require(!space.empty(), "space() is empty");
      reader_->filled(rest_.copy(space.data(), std::min(how_.cut, space.size())));
      rest_.remove_prefix(std::min({how_.cut, space.size(), rest_.size()}));
      require(reader_->replies().size() <= 4 * RequestReader::kReadSize, "too many replies");
    }
    outcome_.closed = reader_->state() == State::kClosing;
    outcome_.reason = reader_->reason();
    if (!outcome_.closed) note_unfinished();
    return std::move(outcome_);
  }

 private:
  using State = RequestReader::State;

  static void require(bool kept, const char* broken) {
    if (!kept) throw std::logic_error(broken);
  }

  /// Serves what is complete. Returns false if the connection is closed.
  bool settle() {
    for (;;) {
      outcome_.replies += std::exchange(reader_->replies(), {});
      const State state = reader_->state();
      if (state == State::kClosing) return false;
      if (steps_++ >= how_.replay_at && !outcome_.replayed && can_replay()) {
        take_over();
        return true;
      }
      if (state == State::kIncomplete) return true;
      if (state == State::kHead)
        decide();
      else if (state == State::kRefused)
        finish("refused " + std::to_string(reader_->refusal()));
      else if (!serve())
        return true;
    }
  }

  unsigned way() const { return how_.ways >> (2 * (count_ % 16)) & 3; }

  void decide() {
    require(reader_->id() != 0 && reader_->in_request(), "a head without a request");
    request_ = "request " + std::to_string(reader_->id());
    request_ += reader_->keep_connection() ? " keep" : "";
    for (const char* name : {"a", "", "CONTENT_LENGTH", "SCRIPT_NAME", "REQUEST_URI"})
      if (const auto value = reader_->param(name)) request_.append("\n").append(*value);
    body_.clear();
    if (way() == 3)
      reader_->stream();
    else if (way() == 2)
      finish("skipped");
    else
      reader_->collect();
  }

  /// Returns false if more of a streamed body has to come.
  bool serve() {
    std::string piece(1 + steps_ % 7'000, '\0');
    while (const std::size_t size = reader_->take_body(piece)) body_.append(piece, 0, size);
    const auto announced = reader_->content_length();
    require(!announced || body_.size() <= *announced, "more body than CONTENT_LENGTH");
    require(body_.size() <= rules_.body, "more body than rules.body");
    require(body_.size() == reader_->body_received(), "a body of another size than what came");
    const bool complete = reader_->body_complete() || reader_->content_length_malformed();
    if (!complete && !reader_->aborted()) {
      require(way() == 3, "ready without a body");
      return false;
    }
    finish(std::string(complete ? "served" : "aborted") +
           (reader_->content_length_malformed() ? " malformed" : "") +
           (reader_->body_too_large() ? " too large" : "") + "\n" + body_);
    return true;
  }

  void finish(const std::string& how) {
    outcome_.requests += request_ + "\n" + how + "\n";
    ++count_;
    body_.clear();
    reader_->next();
  }

  void note_unfinished() {
    outcome_.requests += reader_->in_request() ? "in a request" : "between requests";
    outcome_.requests += reader_->idle() ? ", idle" : "";
    if (reader_->in_request()) outcome_.requests += std::to_string(reader_->body_received());
    outcome_.requests += body_;
  }

  bool can_replay() const { return reader_->state() != State::kRefused && body_.empty(); }

  /// Another reader gets what this one has, then the bytes that follow.
  void take_over() {
    std::string bytes;
    reader_->replay([&](std::string_view piece) { bytes += piece; });
    replayed_ = bytes.append(rest_);
    rest_ = replayed_;
    reader_ = std::make_unique<RequestReader>(rules_);
    outcome_.replayed = true;
  }

  const ReaderRules& rules_;
  const Reading how_;
  std::unique_ptr<RequestReader> reader_;
  std::string_view rest_;
  std::string replayed_;
  std::size_t steps_ = 0;
  unsigned count_ = 0;   // requests that are finished
  std::string request_;  // what is known of the request that is not
  std::string body_;     // what was taken of it
  Outcome outcome_;
};

inline Outcome outcome_of(std::string_view bytes, const ReaderRules& rules,
                          const Reading& how = {}) {
  return Readings(rules, how).read(bytes);
}

}  // namespace shoal::fastcgi
