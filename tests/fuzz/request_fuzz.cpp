// The entry point of libFuzzer for the reader of requests. Run it with run.sh.
#include <cstdint>
#include <cstdlib>
#include <limits>

#include "read_requests.hpp"

namespace shoal::fastcgi {
namespace {

/// However the bytes are cut, and whenever another reader takes over, the same must come of them.
void read_in_all_ways(std::string_view input) {
  constexpr std::size_t kChoices = 4;
  if (input.size() < kChoices) return;
  const auto choice = [&](std::size_t at) { return static_cast<unsigned char>(input[at]); };
  const std::string_view bytes = input.substr(kChoices);
  const unsigned ways = choice(0) * 0x01010101U;

  constexpr std::uint64_t kMany = std::numeric_limits<std::uint64_t>::max();
  BodyBudget budget(kMany);
  const ReaderRules few{.body = 100'000, .skip = 20'000, .folder = "/dev/shm", .budget = budget};
  const ReaderRules small{.body = 50, .skip = 10, .folder = "/dev/shm", .budget = budget};
  const ReaderRules& rules = choice(1) % 2 == 0 ? few : small;
  const auto whole = outcome_of(bytes, rules, {.ways = ways});
  if (whole != outcome_of(bytes, rules, {.cut = 1U + choice(1) / 2, .ways = ways})) std::abort();

  // What was skipped is not counted again by the other reader.
  const ReaderRules patient{
      .body = rules.body, .skip = kMany, .folder = "/dev/shm", .budget = budget};
  const std::size_t replay_at = choice(2) | choice(3) << 8;
  if (outcome_of(bytes, patient, {.ways = ways}) !=
      outcome_of(bytes, patient, {.cut = 1U + choice(1) / 2, .ways = ways, .replay_at = replay_at}))
    std::abort();
  if (!budget.take(kMany)) std::abort();  // all was given back

  // A body that the budget does not hold is refused at once or later: only the bounds are checked.
  BodyBudget little(choice(2));
  outcome_of(bytes, {.body = 100'000, .folder = "/dev/shm", .budget = little}, {.ways = ways});
  if (!little.take(choice(2))) std::abort();
}

}  // namespace
}  // namespace shoal::fastcgi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  shoal::fastcgi::read_in_all_ways({reinterpret_cast<const char*>(data), size});
  return 0;
}
