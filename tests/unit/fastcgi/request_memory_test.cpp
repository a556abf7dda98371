// What a connection costs. This file counts the allocations of the whole test program.
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "request_reader_fixture.hpp"

namespace {

std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> bytes_in_use{0};
std::atomic<std::size_t> most_bytes_in_use{0};

void release(void* memory) {
  bytes_in_use -= ::malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  void* const memory = std::malloc(size > 0 ? size : 1);
  if (!memory) throw std::bad_alloc();
  ++allocations;
  const std::size_t now = bytes_in_use += ::malloc_usable_size(memory);
  std::size_t most = most_bytes_in_use;
  while (now > most && !most_bytes_in_use.compare_exchange_weak(most, now)) continue;
  return memory;
}

// AddressSanitizer's own would not call the one above.
void* operator new[](std::size_t size) { return operator new(size); }

void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }

namespace shoal::fastcgi {
namespace {

using test::begin;
using test::record;
using test::request;
using test::stream;

test::Params usual_params() {
  test::Params params{{"SCRIPT_NAME", "/hello"}, {"REQUEST_METHOD", "GET"}};
  for (int i = 0; i < 25; ++i)
    params.emplace_back("HTTP_HEADER_" + std::to_string(i), "value " + std::string(15, 'v'));
  return params;
}

class RequestMemory : public ARequestReader {
 protected:
  /// Reads, as an event loop does, without a copy of the bytes.
  static State receive_into(RequestReader& reader, std::string_view bytes) {
    return reader.filled(bytes.copy(reader.space().data(), reader.space().size()));
  }

  /// Returns how many bytes are in use at most while `action` runs, beyond those before it.
  template <typename Action>
  static std::size_t most_bytes_of(const Action& action) {
    const std::size_t before = bytes_in_use;
    most_bytes_in_use = before;
    action();
    return most_bytes_in_use - before;
  }
};

TEST_F(RequestMemory, IsNotAllocatedForEachRequest) {
  const std::string bytes = request(usual_params());
  ASSERT_GT(bytes.size(), 900u);
  std::size_t before = 0;
  for (int i = 0; i < 10; ++i) {
    if (i == 1) before = allocations;
    ASSERT_EQ(receive_into(*reader_, bytes), State::kHead);
    ASSERT_EQ(reader_->param("SCRIPT_NAME"), "/hello");
    ASSERT_FALSE(reader_->param("HTTP_HEADER_99"));
    ASSERT_EQ(i % 2 == 0 ? reader_->collect() : reader_->stream(), State::kReady);
    ASSERT_EQ(reader_->next(), State::kIncomplete);
  }
  EXPECT_EQ(allocations, before);
}

TEST_F(RequestMemory, IsNotAllocatedForARequestOfAnotherConnectionOfTheThread) {
  const std::string bytes = request(usual_params());
  std::vector<std::unique_ptr<RequestReader>> readers;
  for (int i = 0; i < 10; ++i) readers.push_back(std::make_unique<RequestReader>(rules_));
  std::size_t before = 0;
  for (auto& reader : readers) {
    receive_into(*reader, bytes);
    reader->collect();
    reader->next();
    if (reader == readers.front()) before = allocations;
  }
  EXPECT_EQ(allocations, before);
}

TEST_F(RequestMemory, OfIdleConnectionsIsThatOfTheObject) {
  static_assert(sizeof(RequestReader) < 400);
  const std::string bytes = request(usual_params(), std::string(3'000, 'b')) +
                            record(FCGI_GET_VALUES, test::pairs({{"FCGI_MPXS_CONNS", ""}}), 0);
  std::vector<std::unique_ptr<RequestReader>> readers(1'000);
  const std::size_t before = bytes_in_use;
  for (auto& reader : readers) {
    reader = std::make_unique<RequestReader>(rules_);
    receive_into(*reader, bytes);
    reader->collect();
    reader->next();
    std::exchange(reader->replies(), {});
    EXPECT_TRUE(reader->idle());
    reader->space();  // nothing comes
    reader->filled(0);
  }
  EXPECT_LT(bytes_in_use - before, 1'000 * 410 + 2 * RequestReader::kReadSize);
}

TEST_F(RequestMemory, OfALargeRequestIsGivenBack) {
  receive(request(usual_params()));
  renew();  // this thread has its spare memory now
  for (const test::Params& params :
       {test::Params{{"N", std::string(900'000, 'v')}}, test::Params(4'000, {"NAME", "value"})}) {
    const std::string bytes =
        begin(true) + stream(FCGI_PARAMS, test::pairs(params)) + record(FCGI_STDIN, "") + "\1";
    const std::size_t before = bytes_in_use;
    for (std::size_t at = 0; reader_->state() == State::kIncomplete;) {
      const auto space = reader_->space();
      const std::size_t count = bytes.copy(space.data(), space.size(), at);
      at += count;
      reader_->filled(count);
    }
    ASSERT_EQ(reader_->collect(), State::kReady);
    EXPECT_GT(bytes_in_use, before + 40'000);
    EXPECT_EQ(reader_->next(), State::kIncomplete);
    EXPECT_FALSE(reader_->idle()) << "the beginning of the next request is there";
    EXPECT_LE(bytes_in_use, before + RequestReader::kReadSize + 1'000);
    renew();
    EXPECT_LE(bytes_in_use, before + 1'000);
  }
}

TEST_F(RequestMemory, OfAnyPeerIsBounded) {
  const std::string params = record(FCGI_PARAMS, test::pairs({{"N", std::string(60'000, 'v')}}));
  const std::string tiny_pairs = record(FCGI_PARAMS, std::string(2'000, '\0'));
  const std::string body = record(FCGI_STDIN, std::string(60'000, 'b'));
  const std::string query = record(FCGI_GET_VALUES, std::string(8'192, '\0'), 0);
  const std::string head = begin(true) + stream(FCGI_PARAMS, "");
  const auto endless = [this](const std::string& first, const std::string& more) {
    return most_bytes_of([&] {
      RequestReader reader(rules_);
      receive_into(reader, first);
      if (reader.state() == State::kHead) reader.collect();
      for (int i = 0; i < 200; ++i) {
        for (std::string_view rest = more; !rest.empty() && reader.state() == State::kIncomplete;) {
          const auto space = reader.space();
          const std::size_t count = rest.copy(space.data(), space.size());
          rest.remove_prefix(count);
          reader.filled(count);
          std::exchange(reader.replies(), {});
        }
      }
    });
  };
  // While the buffer grows it exists twice: half as large, and as large as needed and half more.
  EXPECT_LT(endless(begin(true), params), 4 * RequestReader::kParamsLimit);
  EXPECT_LT(endless(begin(true), tiny_pairs), 400'000u);
  EXPECT_LT(endless(head, body), 400'000u);
  EXPECT_LT(endless(head, query), 200'000u);
}

}  // namespace
}  // namespace shoal::fastcgi
