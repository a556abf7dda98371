#include "fastcgi/read_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace shoal::fastcgi {

namespace {

/// Has kReadSize bytes, or is null.
std::unique_ptr<char[]>& spare_of_this_thread() {
  thread_local std::unique_ptr<char[]> spare;
  return spare;
}

}  // namespace

std::span<char> ReadBuffer::space() {
  if (!memory_) {
    memory_ = std::move(spare_of_this_thread());
    if (!memory_) memory_ = std::make_unique_for_overwrite<char[]>(kReadSize);
    capacity_ = kReadSize;
  }
  if (capacity_ - filled_ < kReadSize / 8) {
    close_hole();
    if (capacity_ - filled_ < kReadSize / 4) move_to(2 * capacity_);
  }
  return {memory_.get() + filled_, std::min(capacity_ - filled_, kReadSize)};
}

void ReadBuffer::keep(std::size_t count) {
  if (kept_ != parsed_) std::memmove(memory_.get() + kept_, memory_.get() + parsed_, count);
  kept_ += count;
  parsed_ += count;
}

void ReadBuffer::reserve(std::size_t size) {
  if (capacity_ - filled_ < size) move_to(filled_ + size);
}

void ReadBuffer::forget() {
  kept_ = 0;
  const std::size_t rest = unparsed().size();
  if (capacity_ > kReadSize && rest != 0 && rest <= kReadSize) move_to(kReadSize);
}

void ReadBuffer::release() {
  auto& spare = spare_of_this_thread();
  if (capacity_ == kReadSize && !spare) spare = std::move(memory_);
  memory_.reset();
  capacity_ = kept_ = parsed_ = filled_ = 0;
}

void ReadBuffer::close_hole() {
  const auto rest = unparsed();
  if (!rest.empty()) std::memmove(memory_.get() + kept_, rest.data(), rest.size());
  parsed_ = kept_;
  filled_ = kept_ + rest.size();
}

// Allocates first: nothing changes if there is no memory.
void ReadBuffer::move_to(std::size_t capacity) {
  auto memory = std::make_unique_for_overwrite<char[]>(capacity);
  const auto rest = unparsed();
  std::copy_n(memory_.get(), kept_, memory.get());
  std::copy(rest.begin(), rest.end(), memory.get() + kept_);
  memory_ = std::move(memory);
  capacity_ = capacity;
  parsed_ = kept_;
  filled_ = kept_ + rest.size();
}

}  // namespace shoal::fastcgi
