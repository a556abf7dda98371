#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "fastcgi/records.hpp"
#include "fastcgi/request_reader.hpp"
#include "fastcgi_client.hpp"
#include "scratch_folder.hpp"

namespace shoal::fastcgi {

/// A reader, and the bytes that the peer has sent and that it did not read yet.
class ARequestReader : public ::testing::Test {
 protected:
  using State = RequestReader::State;

  static constexpr std::uint64_t kBudget = 16 << 20;

  /// The peer sends this. It is read as long as the reader wants more.
  State receive(std::string_view bytes) {
    sent_ += bytes;
    return read();
  }

  /// Receives a request and decides to collect its body.
  State collect(std::string_view bytes) {
    receive(bytes);
    return collect();
  }

  State collect() {
    if (reader_->state() == State::kHead) reader_->collect();
    return read();
  }

  /// Receives the head of a request and decides to stream its body.
  State begin_streaming(std::string_view bytes) {
    receive(bytes);
    if (reader_->state() == State::kHead) reader_->stream();
    return reader_->state();
  }

  /// Receives more of a request that is streamed, with one read.
  State receive_streamed(std::string_view bytes) {
    const auto space = reader_->space();
    return reader_->filled(bytes.copy(space.data(), space.size()));
  }

  State next() {
    reader_->next();
    return read();
  }

  std::string body(std::size_t piece = 1'000) {
    std::string body;
    std::string buffer(piece, '\0');
    while (const std::size_t size = reader_->take_body(buffer)) body.append(buffer, 0, size);
    return body;
  }

  std::string param(std::string_view name) const {
    return std::string(reader_->param(name).value_or("missing"));
  }

  /// Returns what was replied since the last call.
  std::string replies() { return std::exchange(reader_->replies(), {}); }

  static std::string end_of(int id, int protocol_status) {
    std::string reply;
    append_end_request(reply, id, protocol_status);
    return reply;
  }

  /// A new connection: its bytes violate the protocol. Returns the reason.
  std::string violation(std::string_view bytes) {
    renew();
    if (collect(bytes) != State::kClosing) return "the connection is not closed";
    return reader_->reason();
  }

  void renew() {
    reader_ = std::make_unique<RequestReader>(rules_);
    sent_.clear();
  }

  bool budget_is_whole() {
    if (!budget_.take(kBudget)) return false;
    budget_.give_back(kBudget);
    return true;
  }

  test::ScratchFolder folder_;
  BodyBudget budget_{kBudget};
  ReaderRules rules_{.folder = folder_ / "", .budget = budget_};
  std::unique_ptr<RequestReader> reader_ = std::make_unique<RequestReader>(rules_);

 private:
  State read() {
    while (!sent_.empty() && reader_->state() == State::kIncomplete) {
      const auto space = reader_->space();
      const std::size_t count = sent_.copy(space.data(), space.size());
      sent_.erase(0, count);
      reader_->filled(count);
    }
    return reader_->state();
  }

  std::string sent_;
};

}  // namespace shoal::fastcgi
