#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "fastcgi/body_file.hpp"
#include "fastcgi/read_buffer.hpp"

namespace shoal::fastcgi {

struct ReaderRules;

/// The body of one request: what is announced of it, what has come, and where that is held. In
/// memory it lies in the connection's buffer, behind the parameters; a large one is in a file.
///
/// Used by RequestReader, which passes its buffer. Not thread-safe.
class RequestBody {
 public:
  /// `rules` outlive the body.
  explicit RequestBody(const ReaderRules& rules) : rules_(rules) {}
  ~RequestBody() { drop(); }
  RequestBody(const RequestBody&) = delete;
  RequestBody& operator=(const RequestBody&) = delete;

  /// Reads CONTENT_LENGTH. What `buffer` keeps so far is not of the body.
  void announce(std::string_view content_length, const ReadBuffer& buffer);

  /// Decides that all of it is held until it is read. See refusal().
  void collect(ReadBuffer& buffer);

  /// Decides that it is read as it comes: it is not counted, and never in a file.
  void stream() { collected_ = false; }

  /// The first `count` unparsed bytes of `buffer` are of the body. Takes those that are wanted, and
  /// returns how many. See complete(), too_large() and refusal().
  std::size_t keep(ReadBuffer& buffer, std::size_t count);

  /// The record that ends the body has come.
  void end() { ended_ = true; }

  /// Takes what has come and is not taken yet. Throws std::system_error if the file cannot be read.
  std::size_t take(ReadBuffer& buffer, std::span<char> to);

  /// Returns bytes that are held, from this one on; 0 behind the last. Throws std::system_error.
  std::size_t read(const ReadBuffer& buffer, std::uint64_t offset, std::span<char> to) const;

  /// Gives back all that is held outside of the buffer, and begins anew.
  void forget();

  std::optional<std::uint64_t> content_length() const { return content_length_; }
  bool malformed() const { return malformed_; }
  std::uint64_t received() const { return received_; }

  /// Returns true if the record that ends it has come.
  bool ended() const { return ended_; }

  /// Returns true if that record has come, or content_length() bytes.
  bool complete() const { return ended_ || received_ == content_length_; }

  /// Returns true if more than rules.body bytes came of a body that is streamed.
  bool too_large() const { return too_large_; }

  /// Returns the HTTP status with which a body that should be collected is refused; or 0.
  int refusal() const { return refusal_; }

 private:
  void hold(ReadBuffer& buffer, std::size_t count);
  bool take_budget(std::uint64_t bytes);
  void refuse(int status, ReadBuffer& buffer);
  void drop();

  const ReaderRules& rules_;
  std::size_t begin_ = 0;  // in the buffer
  std::optional<std::uint64_t> content_length_;
  std::uint64_t received_ = 0;
  std::uint64_t taken_ = 0;     // bytes of what is held
  std::uint64_t budgeted_ = 0;  // bytes of the budget
  std::optional<BodyFile> file_;
  int refusal_ = 0;
  bool malformed_ = false;
  bool collected_ = false;
  bool ended_ = false;
  bool too_large_ = false;
};

}  // namespace shoal::fastcgi
