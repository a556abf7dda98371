#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fastcgi/body_file.hpp"
#include "fastcgi/param_index.hpp"
#include "fastcgi/read_buffer.hpp"
#include "fastcgi/request_body.hpp"

namespace shoal::fastcgi {

/// What a reader may hold. All of it outlives the reader.
struct ReaderRules {
  std::uint64_t body = 8 << 20;  ///< bytes; a longer body is refused with 413
  std::uint64_t skip = 1 << 20;  ///< bytes of an unread body that are skipped to keep a connection
  std::filesystem::path folder;  ///< of bodies over kBodyInMemory
  BodyBudget& budget;
};

/// Makes requests of the bytes of one connection, however they are cut. Bounded, incremental. Never
/// reads from the connection itself, and waits for nothing but the disk:
///
///     recv() into space(); state = filled(count); send replies();
///     kHead: look at the parameters, then collect(), stream() or next()
///     kReady: serve, then next()
///
/// One ReadBuffer: [ parameters | body | hole | not yet parsed | free ]. Parameters are contiguous
/// although they came in many records, and no parameter is allocated. A body of more than
/// kBodyInMemory bytes is collected in a file. A reader without a request and without bytes that
/// are not parsed yet holds no buffer.
///
/// Throws nothing but std::bad_alloc, where nothing else is said.
///
/// Not thread-safe: belongs to the thread that has the connection.
class RequestReader {
 public:
  static constexpr std::size_t kParamsLimit = ParamIndex::kBytesLimit;
  static constexpr std::size_t kParamCountLimit = ParamIndex::kCountLimit;
  static constexpr std::size_t kBodyInMemory = 64 << 10;  ///< bytes
  static constexpr std::size_t kQueryLimit = 8 << 10;     ///< bytes of FCGI_GET_VALUES
  static constexpr std::size_t kReadSize = ReadBuffer::kReadSize;

  enum class State {
    kIncomplete,  ///< more bytes are needed
    kHead,        ///< the parameters are complete; what becomes of the body is to be decided
    kReady,       ///< the body is collected, or may be streamed
    kRefused,     ///< the body cannot be collected: refusal() is the HTTP status, then next()
    kClosing      ///< send replies(), then close; see reason()
  };

  explicit RequestReader(const ReaderRules& rules) : rules_(rules), body_(rules) {}
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  /// Where to put the bytes that come next; never empty. Does not move the parameters while a
  /// request is streamed. REQUIRES: the state is kIncomplete; or a request is streamed, its body is
  /// not complete or aborted, and take_body() has taken all that has come.
  std::span<char> space();

  /// Parses the `count` bytes that were put into space(). After a call of space() for which nothing
  /// has come, `count` is 0: an idle connection gives the buffer back.
  State filled(std::size_t count);

  /// Decides that the body is collected before the request is served, and parses on.
  /// REQUIRES: the state is kHead.
  State collect();

  /// Decides that the body is read while the request is served: the state is kReady from now on,
  /// whatever comes, or kClosing. REQUIRES: the state is kHead.
  State stream();

  /// Forgets the request and parses what came behind it. What is still to come of its body is
  /// skipped, at most `rules.skip` bytes. REQUIRES: the state is kHead, kReady or kRefused.
  State next();

  State state() const { return state_; }

  /// Records that the peer awaits before anything else is sent: for the bytes of one read at most
  /// 4 * kReadSize. The caller takes them (std::exchange).
  std::string& replies() { return replies_; }

  /// In kClosing: what the peer did against the protocol; empty if it did nothing wrong.
  const std::string& reason() const { return reason_; }

  /// In kRefused: 413 (longer than rules.body), 503 (the budget is used up, or the disk is full).
  int refusal() const { return body_.refusal(); }

  /// Returns true if nothing of a request has come, also not a part of a record.
  bool idle() const { return id_ == 0 && record_left() == 0 && buffer_.unparsed().empty(); }

  /// How many requests the reader has ended by itself: since they were aborted, or for their role.
  std::uint32_t ended() const { return ended_; }

  /// Returns true if BEGIN_REQUEST has come, and the request is not forgotten.
  bool in_request() const { return id_ != 0; }

  /// Returns how many body bytes have come of the request so far.
  std::uint64_t body_received() const { return body_.received(); }

  // --- the request. REQUIRES: the state is kHead, kReady or kRefused; all views end with
  // collect(), stream() and next(): the parameters may be moved there, and while a body is
  // collected.

  int id() const { return id_; }

  /// The peer wants to keep the connection after the request (FCGI_KEEP_CONN).
  bool keep_connection() const { return keep_connection_; }

  /// Returns the first parameter of this name, or nullopt.
  std::optional<std::string_view> param(std::string_view name) const {
    return index_.find(params(), name);
  }

  /// CONTENT_LENGTH in bytes; nullopt if it is missing, empty or -1 (as Caddy sends it for a body
  /// in chunks), and if it is malformed. One that does not fit in 64 bits is the largest number.
  std::optional<std::uint64_t> content_length() const { return body_.content_length(); }
  bool content_length_malformed() const { return body_.malformed(); }

  /// Copies bytes of the body that have come into `to`, and returns how many: 0 at the end of the
  /// body, or if more has to come first. Never more than content_length() bytes in all. While a
  /// request is streamed, at most rules.body bytes in all: then body_too_large(). Throws
  /// std::system_error if the file cannot be read.
  std::size_t take_body(std::span<char> to) { return body_.take(buffer_, to); }

  /// Returns true if all of the body has come: the record that ends it, or content_length() bytes.
  bool body_complete() const { return body_.complete(); }

  /// While a request is streamed: more than rules.body bytes came.
  bool body_too_large() const { return body_.too_large(); }

  /// The peer has aborted the request: the state is kReady, and ABORT_REQUEST has been parsed, or
  /// lies among the bytes that are not parsed yet, or that come next. Before kReady an abort ends
  /// the request by itself.
  bool aborted(std::string_view upcoming = {}) const;

  /// Writes bytes from which another reader comes to the state of this one, in pieces: for a
  /// process that takes the connection over. The bytes need not be those that came, but mean the
  /// same; only what was skipped is not counted again. The other reader's caller makes the same
  /// decisions, collect() or stream(), and gives it the rest of the bytes in kIncomplete. REQUIRES:
  /// the state is not kClosing or kRefused; nothing was taken of the body; replies() is empty.
  /// Throws std::system_error if the file cannot be read.
  void replay(const std::function<void(std::string_view)>& write) const;

 private:
  /// What becomes of the content of the open record.
  enum class Content : std::uint8_t { kSkip, kParams, kStdin };

  bool parsing() const;
  State parse();
  bool consume();
  std::size_t take_content(std::size_t count);
  std::size_t take_stdin_content(std::size_t count);
  std::size_t skip_content(std::size_t count);

  bool open_record();
  bool begin(int id, std::string_view content);
  bool open_params(std::size_t length);
  bool open_stdin(std::size_t length);
  bool abort();
  bool manage(int type, std::string_view content);

  bool end_request(int protocol_status);
  bool violate(std::string reason);
  void forget();

  using Write = std::function<void(std::string_view)>;
  void replay_request(const Write& write) const;
  void replay_body(const Write& write) const;

  std::string_view params() const { return buffer_.kept().substr(0, params_); }
  std::size_t record_left() const { return content_left_ + padding_left_; }

  const ReaderRules& rules_;
  State state_ = State::kIncomplete;
  int id_ = 0;  // 0: between requests
  bool keep_connection_ = false;
  bool in_params_ = false;  // their end has not come
  bool streamed_ = false;
  bool aborted_ = false;
  Content content_ = Content::kSkip;
  std::size_t content_left_ = 0;  // of the open record
  std::size_t padding_left_ = 0;
  std::uint32_t ended_ = 0;
  std::uint64_t head_budget_ = 0;  // bytes
  std::uint64_t skipped_ = 0;      // bytes of content since the last request was forgotten
  std::size_t params_ = 0;         // bytes, once they are complete
  ReadBuffer buffer_;
  ParamIndex index_;
  RequestBody body_;
  std::string replies_;
  std::string reason_;
};

}  // namespace shoal::fastcgi
