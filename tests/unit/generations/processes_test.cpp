// Several processes that share a page and open the same stages.
#include <sys/wait.h>

#include "base/descriptor.hpp"
#include "deployed.hpp"

namespace shoal::generations {
namespace {

namespace message = releases::message;

class Processes : public Deployed {
 protected:
  /// Another worker. Serves what `list` has, and tells on the pipe what a request for `lone` gets;
  /// then once more, of a request that begins when the page wants something.
  pid_t another(const json& first, const json& second, int told) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    page().protect();
    start();
    tell(message::kList, {{"groups", {first}}});
    answer(message::kListed);
    tell(message::kOpen, second);
    answer(message::kOpened);
    tell_line(told, get("lone"));
    while (page().cell(0).wanted == 0) page().wait_for_changes(page().changes(), in_a_minute());
    tell_line(told, get("lone"));
    ::_exit(0);
  }

  static std::chrono::steady_clock::time_point in_a_minute() {
    return std::chrono::steady_clock::now() + std::chrono::minutes(1);
  }

  static void tell_line(int told, const std::string& line) {
    if (::write(told, line.data(), line.size()) < 0) ::_exit(1);
  }

  static std::string next_line(int from) {
    std::string line(6, '\0');  // `lone 1`
    line.resize(static_cast<std::size_t>(std::max<ssize_t>(::read(from, line.data(), 6), 0)));
    return line;
  }
};

TEST_F(Processes, OpenTheSameStagesAndFollowOnePage) {
  constexpr int kOthers = 2;
  const json first = lone("v1", 1), second = lone("v2", 2);
  const unsigned index = cell("lone");
  page().reset(index, 1);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const base::Descriptor from(ends[0]), to(ends[1]);
  std::vector<pid_t> others;
  for (int i = 0; i < kOthers; ++i) others.push_back(another(first, second, to.get()));
  for (int i = 0; i < kOthers; ++i) EXPECT_EQ(next_line(from.get()), "lone 1");
  want("lone");
  decide(second);
  for (int i = 0; i < kOthers; ++i) EXPECT_EQ(next_line(from.get()), "lone 2");
  for (const pid_t other : others) {
    int status = -1;
    EXPECT_EQ(::waitpid(other, &status, 0), other);
    EXPECT_EQ(status, 0);
  }
}

}  // namespace
}  // namespace shoal::generations
