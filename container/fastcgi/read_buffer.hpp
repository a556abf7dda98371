#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace shoal::fastcgi {

/// The bytes that were read from one connection: [ kept | hole | unparsed | free ]. What is kept
/// of a record is moved down to what was kept before it, which squeezes out the headers: it is
/// contiguous although it came in many records, and each byte is moved at most once.
///
/// Holds no memory while it is empty and released: each thread has one spare piece of kReadSize
/// bytes for whichever connection has something to read. Not thread-safe.
class ReadBuffer {
 public:
  static constexpr std::size_t kReadSize = 16 << 10;  ///< bytes that one read takes at most

  ReadBuffer() = default;
  ~ReadBuffer() { release(); }
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;

  /// Returns where to put the bytes that come next: from kReadSize / 8 to kReadSize bytes. May move
  /// all that the buffer has; does not move what is kept if reserve() has made space for the read.
  std::span<char> space();

  /// The first `count` bytes of space() have come: they are unparsed.
  void filled(std::size_t count) { filled_ += count; }

  std::string_view kept() const { return {memory_.get(), kept_}; }
  std::string_view unparsed() const { return {memory_.get() + parsed_, filled_ - parsed_}; }

  /// Drops the first `count` unparsed bytes. The views of them stay valid until the next call that
  /// moves bytes.
  void skip(std::size_t count) { parsed_ += count; }

  /// Moves the first `count` unparsed bytes to those that are kept.
  void keep(std::size_t count);

  /// Keeps only the first `size` bytes of what is kept.
  void keep_only(std::size_t size) { kept_ = size; }

  /// Makes at least `size` bytes free. May move all that the buffer has.
  void reserve(std::size_t size);

  /// Keeps nothing any more. What is unparsed does not stay in the memory of a large request.
  void forget();

  /// Drops all bytes and gives the memory back: to the thread if it has no spare piece.
  void release();

 private:
  void close_hole();
  void move_to(std::size_t capacity);

  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t kept_ = 0;  // the ends of the parts; ascending
  std::size_t parsed_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace shoal::fastcgi
