// A quick answer spends most of its time on allocations. This file counts those of the whole test
// program, with those of libshoal.
#include <atomic>
#include <cstdlib>
#include <new>

#include "unit/sdk/answering.hpp"

namespace {

std::atomic<int> allocations{0};

}  // namespace

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace shoal::test {
namespace {

/// Has space for the whole answer, so that only the SDK allocates.
class Allocations : public ::testing::Test {
 protected:
  Allocations() { exchange_.sent.reserve(1024); }

  /// Returns the number of allocations from the request to the end of its answer.
  template <typename Handler>
  int spent_on(const Handler& handler) {
    const int before = allocations.load();
    {
      const auto response =
          host::Access::make_response(exchange_, false, "X-Shoal-Generation: hello/1\r\n");
      const auto request = host::Access::make_request(exchange_, *response, "/hello", "", {});
      handler(*request, *response);
      host::Access::finish(*response);
    }
    return allocations.load() - before;
  }

  MemoryExchange exchange_;
};

TEST_F(Allocations, OfAShortAnswerAreFew) {
  const int spent = spent_on([](Request&, Response& response) { response.text("hello world\n"); });
  EXPECT_GE(spent, 4) << "libshoal's allocations are not counted";
  EXPECT_LE(spent, 8);
}

TEST_F(Allocations, AreNotMadeForWhatTheHandlerDoesNotRead) {
  exchange_.params["QUERY_STRING"] = "name=" + std::string(100, 'a');
  exchange_.params["HTTP_COOKIE"] = "name=" + std::string(100, 'a');
  const int without = spent_on([](Request&, Response&) {});
  const int with = spent_on([](Request& request, Response&) { request.query(); });
  EXPECT_GT(with, without);
  const int cookie = spent_on([](Request& request, Response&) { request.cookie("name"); });
  EXPECT_EQ(cookie, without);
}

TEST_F(Allocations, AreMadeOnceForTheQuery) {
  exchange_.params["QUERY_STRING"] = "a=1&b=2";
  const int once = spent_on([](Request& request, Response&) { request.query("a"); });
  const int often = spent_on([](Request& request, Response&) {
    for (int i = 0; i < 50; ++i) request.query("a");
  });
  EXPECT_EQ(often, once);
}

}  // namespace
}  // namespace shoal::test
